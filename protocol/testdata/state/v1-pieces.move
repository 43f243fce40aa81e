# A message is delivered in pieces.
option server
option pieces
option max-message 10
peer text "12345" more
	piece text "12345" more
peer raw 80 83 37fa213d 01
	piece text "6" more
move
	1 16
	2 32
	15 "\x80\x837\xfa!="
	16 2
	18 1
	19 5
	20 1
peer raw cd 19
	piece text "78"
peer text "123456" more | cont "12345"
	piece text "123456" more
	> close 1009 "message too big"
	closed not clean, received 1006, sent 1009 "message too big", first local, cause violation message.size
	timer linger
	close-write
eof
	timer none
	transport closed
