# Both ends are in the middle of a compressed message.
option server
option compression
option max-fragments 3
peer text "zone " more rsv1
app binary "two " more
	> binary "ztwo " rsv1 more
move
	1 32
	2 736
	18 1
	19 5
	20 1
	21 59
	22 "zone "
	27 14
	30 "fake"
peer cont "two"
	message text "one two"
app cont "three"
	> cont "three"
peer text "zfour" rsv1
	message text "four"
peer text "z" more rsv1 | cont "" more | cont "" more | cont ""
	> close 1008 "too many fragments"
	closed not clean, received 1006, sent 1008 "too many fragments", first local, cause violation message.fragments
	timer linger
	close-write
