# Our half is finished, and the peer may go on.
option client
option half-close
app close 1000
	> close 1000
	timer half-open
peer text "more"
	message text "more"
move
	1 7
	2 33
	4 1
	7 1000
	9 1
	27 16
timer
	timer half-open
peer text "last"
	message text "last"
peer close 1000
	closed clean, received 1000, sent 1000, first local, cause close
	timer linger
eof
	timer none
	close-write
	transport closed
