package linger_test

import (
	"testing"

	"github.com/lingerws/linger"
)

func TestPayload(t *testing.T) {
	if p := linger.Text("hé"); p.Binary || p.String() != "hé" || len(p.Data) != 3 {
		t.Errorf("text is UTF-8; got %v", p)
	}
	if p := linger.Binary([]byte{0xff}); !p.Binary || p.String() != "\xff" {
		t.Errorf("binary is any bytes; got %v", p)
	}
}
