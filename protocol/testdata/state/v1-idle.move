# Messages have passed in both directions.
option client
option half-open
peer text "one"
	message text "one"
app text "two"
	> text "two"
move
	1 3
	2 32
	27 18
peer text "three"
	message text "three"
app text "four"
	> text "four"
peer close
	peer-close 1005
	timer half-open
app answer
	> close
	closed clean, received 1005, sent 1005, first remote, cause close
	timer linger
eof
	timer none
	close-write
	transport closed
