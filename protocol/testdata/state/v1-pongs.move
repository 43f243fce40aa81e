# The queue is so long that only the last ping will be answered.
option server
stall
app binary "x"*17000
	> binary "x"*17000
peer ping "one"
	ping "one"
peer ping "two"
	ping "two"
move
	2 32
	25 17004
	28 "two"
write
	> pong "two"
app close 1000
	> close 1000
	timer close
peer ping "three"
	ping "three"
	> pong "three"
peer close 1000
	closed clean, received 1000, sent 1000, first local, cause close
	timer linger
	close-write
eof
	timer none
	transport closed
