package admin

import (
	"strings"
	"testing"
)

func FuzzParseStatus(f *testing.F) {
	f.Add(appendStatus(nil, ClusterNode{Version: "v1", Connections: 300, Objects: 7}))
	f.Add([]byte("\x08\x02"))
	f.Add([]byte("\xff"))
	f.Add(appendStatus(nil, ClusterNode{Version: strings.Repeat("v", 100)}))
	f.Fuzz(func(t *testing.T, record []byte) {
		n, err := parseStatus("a", record)
		if n.Node != "a" || n.Connections < 0 || n.Objects < 0 || len(n.Version) > maxVersion {
			t.Errorf("%q is parsed as %+v, beyond the bounds", record, n)
		}
		if n.Answered != (err == nil) {
			t.Errorf("%q is parsed as %+v with error %v", record, n, err)
		}
	})
}
