# A server has half of a character of a fragmented text, and half of a ping between its fragments.
option server
option half-open
peer text hex:68c3 more
peer raw 8984 37fa213d 47
move
	1 2
	2 32
	15 "\x89\x847\xfa!="
	16 3
	17 "p"
	18 1
	19 2
	20 1
	21 62
	22 "h\xc3"
	23 98495
peer raw 93 4f 5a
	ping "ping"
	> pong "ping"
peer cont hex:a9
	message text "hé"
peer close 1000
	peer-close 1000
	timer half-open
app close 1000
	> close 1000
	closed clean, received 1000, sent 1000, first remote, cause close
	timer linger
	close-write
