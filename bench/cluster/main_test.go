//go:build linux

package main

import "testing"

func TestParse(t *testing.T) {
	o, err := parse([]string{"-nodes", "1,3", "-only", "rate,simulate", "-peers"})
	if err != nil || len(o.nodes) != 2 || o.nodes[1] != 3 || len(o.only) != 2 || !o.peers {
		t.Errorf("the flags are parsed as %+v with error %v", o, err)
	}
	for _, args := range [][]string{{"-nodes", "0"}, {"-nodes", "x"}, {"-only", "all"}, {"-rounds", "0"}} {
		if o, err := parse(args); err == nil {
			t.Errorf("%q is parsed as %+v, expected an error", args, o)
		}
	}
}

func TestDeliveries(t *testing.T) {
	c := system{name: "centrifugo"}
	message := `{"push":{"channel":"c","pub":{"data":1}}}` + "\n" + `{"id":3,"publish":{}}` + "\n" + `{"push":{"channel":"c","pub":{"data":2}}}`
	if got := c.deliveries([]byte(message)); got != 2 {
		t.Errorf("a message with two publications has %d", got)
	}
}
