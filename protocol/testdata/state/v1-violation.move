# The connection has failed, and the server waits for the end of the input.
option server
option max-linger 100
peer cont "c"
	> close 1002 "continuation without a message"
	closed not clean, received 1006, sent 1002 "continuation without a message", first local, cause violation message.continuation
	timer linger
	close-write
peer binary "x"*60
move
	2 19
	4 2
	7 1002
	8 "continuation without a message"
	9 1
	10 "message.continuation"
	11 "violation"
	12 73
	27 68
peer binary "x"*60
	timer none
	transport closed
