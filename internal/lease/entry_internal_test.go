package lease

import (
	"fmt"
	"strings"
	"testing"
)

func TestObjectKey(t *testing.T) {
	id := strings.Repeat("0f", 32)
	seen := map[string]string{}
	for _, class := range []string{"Room", "$Room", "Raum\u00e4", "A/B", strings.Repeat("x", 64), strings.Repeat("x", 65), "=Room"} {
		key := ObjectKey("object/", class, id)
		if other := seen[key]; other != "" {
			t.Errorf("classes %q and %q have the same key", class, other)
		}
		seen[key] = class
		if len(key) > 200 || strings.ContainsFunc(strings.ReplaceAll(strings.ReplaceAll(key, "/", ""), "=", ""), func(r rune) bool { return !isKeyRune(r) }) {
			t.Errorf("the key %q of class %q is not one of a store", key, class)
		}
	}
}

func TestRendezvous(t *testing.T) {
	nodes := []string{"a", "b", "c", "d"}
	count := map[string]int{}
	for i := range 4000 {
		key := fmt.Sprint("object/Room/", i)
		chosen := rendezvous(nodes, key)
		count[chosen]++
		if without := rendezvous(nodes[:3], key); chosen != "d" && without != chosen {
			t.Fatalf("key %s moves from %s to %s when node d is removed", key, chosen, without)
		}
	}
	for _, node := range nodes {
		if count[node] < 850 || count[node] > 1150 {
			t.Errorf("node %s gets %d of 4000 keys, expected about 1000", node, count[node])
		}
	}
	if got := rendezvous([]string{"a", "b", "c"}, "object/Room/1"); got != "a" { // all versions have to agree
		t.Errorf("the node of a key is %s, expected the one that other versions choose", got)
	}
}

func FuzzParseOwner(f *testing.F) {
	f.Add(owner{"a", "x", 7}.encode())
	f.Add([]byte("\x0a"))
	f.Fuzz(func(t *testing.T, value []byte) {
		o, err := parseOwner(value)
		if err != nil {
			return
		}
		if again, err := parseOwner(o.encode()); err != nil || again != o {
			t.Errorf("owner %+v is read as %+v with error %v after it was encoded", o, again, err)
		}
	})
}

func FuzzParseNode(f *testing.F) {
	f.Add(nodeValue{"x", true}.encode())
	f.Add([]byte("\x0a"))
	f.Fuzz(func(t *testing.T, value []byte) {
		v, err := parseNode(value)
		if err != nil {
			return
		}
		if again, err := parseNode(v.encode()); err != nil || again != v {
			t.Errorf("lease %+v is read as %+v with error %v after it was encoded", v, again, err)
		}
	})
}
