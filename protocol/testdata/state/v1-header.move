# A client has three bytes of a header of four.
option client
peer raw 82 7e 00
move
	1 1
	2 32
	14 "\x82~\x00"
peer raw 80
eof
	closed not clean, received 1006, sent 1006, first neither, cause eof
	close-write
	transport closed
