/*
 * Which build this is: the version, and a digest of the sources that both programs were made from. Two that
 * differ in it may understand messages differently, and have nothing to say to each other but this
 * (engine/message.h, HELLO).
 *
 * A digest, since it cannot be forgotten: what a message means is in more files than the one that writes it.
 */
#ifndef ENGINE_EDITION_H
#define ENGINE_EDITION_H

/* Printable ASCII, shorter than MESSAGE_VERSION_MAX. */
const char *edition(void);

#endif
