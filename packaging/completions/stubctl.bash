# bash completion for stubctl
_stubctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local commands="status query explain providers catalogue flush nta reload help"
	local types="A AAAA CAA CNAME DNSKEY DS HTTPS MX NS PTR SOA SRV SVCB TLSA TXT"
	local word command="" names=0 i

	if [[ $prev == --socket ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
	fi
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $word == --socket ]]; then
			((i++))
		elif [[ $word != -* ]]; then
			if [[ -z $command ]]; then command=$word; else ((names++)); fi
		fi
	done
	if [[ $cur == -* ]]; then
		word="--socket --json --help --version"
		[[ $command == explain ]] && word+=" --live"
		[[ $command == providers ]] && word+=" --exposure"
	elif [[ -z $command ]]; then
		word=$commands
	elif [[ $command == query || $command == explain ]]; then
		if ((names == 0)); then
			mapfile -t COMPREPLY < <(compgen -A hostname -- "$cur")
			return
		fi
		if ((names == 1)); then word=$types; else word=""; fi
	elif [[ $command == providers ]] && ((names == 0)); then
		word="shuffle stamp"
	elif [[ $command == nta ]]; then
		if ((names == 1)) && [[ $prev == add || $prev == remove ]]; then
			mapfile -t COMPREPLY < <(compgen -A hostname -- "$cur")
			return
		fi
		if ((names == 0)); then word="add remove"; else word=""; fi
	elif [[ $command == flush && $names -lt 2 ]]; then
		mapfile -t COMPREPLY < <(compgen -W "name view" -A hostname -- "$cur")
		return
	else
		word=""
	fi
	mapfile -t COMPREPLY < <(compgen -W "$word" -- "$cur")
}
complete -F _stubctl stubctl
