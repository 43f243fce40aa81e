package admin

import (
	"cmp"
	"strconv"
	"testing"
)

func TestTallyIsBounded(t *testing.T) {
	var kinds tally[string]
	for i := range 2 * maxKinds {
		kinds.add(strconv.Itoa(1000 + i))
	}
	kinds.add("1000")
	list := kinds.most(2*maxKinds, cmp.Compare[string])
	if len(list) != maxKinds+1 {
		t.Errorf("%d kinds and the others are counted; got %d", maxKinds, len(list))
	}
	if list[0] != (count[string]{"", maxKinds}) || list[1] != (count[string]{"1000", 2}) {
		t.Errorf("kinds beyond the bound are counted together, known ones go on; got %v and %v", list[0], list[1])
	}
}
