# The peer's direction has ended without a Close, and output is left.
option server
stall
app text "queued"
	> text "queued"
eof
	closed not clean, received 1006, sent 1006, first neither, cause eof
	timer close
move
	2 16
	3 2
	11 "eof"
	25 8
write
	timer none
	close-write
	transport closed
