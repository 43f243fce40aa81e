# A pong follows our Close in the queue; dropping it does not lose the Close.
option server
stall
app close 1001
	> close 1001
	timer close
peer ping "p"
	ping "p"
	> pong "p"
move
	2 33
	4 1
	7 1001
	9 1
	25 7
	26 3
	27 5
app discard 1000
	dropped close 1001
	dropped pong "p"
	> close 1001
write
peer close 1001
	closed clean, received 1001, sent 1001, first local, cause close
	timer linger
	close-write
eof
	timer none
	transport closed
