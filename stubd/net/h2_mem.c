#include "stubd/net/h2_mem.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Stands before each piece. */
struct head {
	_Alignas(max_align_t) size_t size; /* with the head */
};

/* The spare pieces of that size, a multiple of H2_MEM_STEP; NULL: they are not kept. */
static struct spares *
spares_of(struct h2_mem *mem, size_t size)
{
	const size_t class = size / H2_MEM_STEP - 1;

	return class < H2_MEM_CLASSES ? &mem->classes[class] : NULL;
}

static void *
take(size_t n, void *arg)
{
	const size_t size = (sizeof(struct head) + n + H2_MEM_STEP - 1) / H2_MEM_STEP * H2_MEM_STEP;
	struct spares *spares = spares_of(arg, size);
	struct head *head;

	if (n > SIZE_MAX / 2)
		return NULL;
	head = spares ? spares_take(spares, size) : malloc(size);
	if (!head)
		return NULL;
	head->size = size;
	return head + 1;
}

static void
give(void *piece, void *arg)
{
	struct head *head = piece ? (struct head *)piece - 1 : NULL;
	struct spares *spares = head ? spares_of(arg, head->size) : NULL;

	if (spares)
		spares_give(spares, head);
	else
		free(head);
}

static void *
take_zeroed(size_t count, size_t n, void *arg)
{
	void *piece = n && count > SIZE_MAX / 2 / n ? NULL : take(count * n, arg);

	if (piece)
		memset(piece, 0, count * n);
	return piece;
}

static void *
resize(void *piece, size_t n, void *arg)
{
	const size_t room = piece ? ((struct head *)piece - 1)->size - sizeof(struct head) : 0;
	void *other;

	if (piece && n <= room)
		return piece;
	other = take(n, arg);
	if (piece && other) {
		memcpy(other, piece, room);
		give(piece, arg);
	}
	return other;
}

nghttp2_mem
h2_mem_hooks(struct h2_mem *mem)
{
	return (nghttp2_mem){
		.mem_user_data = mem,
		.malloc = take,
		.free = give,
		.calloc = take_zeroed,
		.realloc = resize,
	};
}

void
h2_mem_clear(struct h2_mem *mem)
{
	for (size_t i = 0; i < H2_MEM_CLASSES; i++)
		spares_clear(&mem->classes[i]);
}
