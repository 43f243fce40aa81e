# Our Close waits for the end of a fragmented message, whose text is in the middle of a character.
option client
app text hex:c3 more
	> text "\xc3" more
app close 4000 "bye"
	timer close
move
	1 1
	2 384
	7 4000
	8 "bye"
	9 1
	29 98495
app cont "x" more
	error send.utf8: text must be UTF-8; send other bytes as binary (RFC 6455, section 8.1)
app cont hex:a9
	> cont "\xa9"
	> close 4000 "bye"
peer close 4000 "bye"
	closed clean, received 4000 "bye", sent 4000 "bye", first local, cause close
	timer linger
eof
	timer none
	close-write
	transport closed
