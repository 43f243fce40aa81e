# The peer has violated the protocol, and our Close waits for the application.
option server
option defer-failure
option max-linger 100
peer text "before" | opcode 5
	message text "before"
	failing
	timer close
peer binary "discarded"
move
	1 8
	2 4
	10 "frame.opcode"
	12 21
app text "reply"
	> text "reply"
app fail
	> close 1002 "unknown opcode"
	closed not clean, received 1006, sent 1002 "unknown opcode", first local, cause violation frame.opcode
	timer linger
	close-write
peer binary "x"*50
peer binary "x"*50
	timer none
	transport closed
