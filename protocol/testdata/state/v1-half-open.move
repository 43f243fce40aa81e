# The peer has closed; the transport has taken two bytes of the application's reply.
option server
option half-open
stall
app text "reply"
	> text "reply"
write 2
peer close 3001 "done"
	peer-close 3001 "done"
	timer half-open
move
	1 2
	3 1
	5 3001
	6 "done"
	9 2
	25 5
	27 4
write
app text "another"
	> text "another"
app answer
	> close 3001 "done"
	closed clean, received 3001 "done", sent 3001 "done", first remote, cause close
	timer linger
	close-write
eof
	timer none
	transport closed
