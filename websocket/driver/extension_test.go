package driver

import (
	"slices"
	"testing"

	"github.com/lingerws/linger/protocol/handshake"
)

func named(names ...string) []handshake.Extension {
	var list []handshake.Extension
	for _, name := range names {
		list = append(list, handshake.Extension{Name: name})
	}
	return list
}

func withParameter(name string) handshake.Extension {
	return handshake.Extension{Name: name, Params: []handshake.Param{{Name: "x"}}}
}

func TestAcceptHalfClose(t *testing.T) {
	for name, c := range map[string]struct {
		offer  []handshake.Extension
		wanted bool
		agreed bool
	}{
		"offered and wanted":           {named("half-close"), true, true},
		"offered among others":         {named("x-other", "half-close"), true, true},
		"offered twice":                {named("half-close", "half-close"), true, true},
		"offered and not wanted":       {named("half-close"), false, false},
		"wanted and not offered":       {named("x-other"), true, false},
		"offered with a parameter":     {[]handshake.Extension{withParameter("half-close")}, true, false},
		"with a parameter and without": {append([]handshake.Extension{withParameter("half-close")}, named("half-close")...), true, true},
	} {
		t.Run(name, func(t *testing.T) {
			got, answer := agree(c.offer, &Options{OfferHalfClose: c.wanted})
			if got.halfClose != c.agreed {
				t.Errorf("half-close negotiated: got %v, want %v", got.halfClose, c.agreed)
			}
			named := slices.ContainsFunc(answer, func(e handshake.Extension) bool { return e.Name == "half-close" })
			if named != c.agreed || len(answer) > 1 {
				t.Errorf("half-close negotiated: %v; the response has the extensions %v", c.agreed, answer)
			}
		})
	}
}

func TestDialHalfCloseResponse(t *testing.T) {
	if got, err := settleTerms(nil, &Options{}); err != nil || got.halfClose {
		t.Errorf("a response without extensions must not negotiate half-close; got %v, %v", got, err)
	}
	if got, err := settleTerms(named("half-close"), &Options{}); err != nil || !got.halfClose {
		t.Errorf("a response with half-close must negotiate it; got %v, %v", got, err)
	}
	if _, err := settleTerms(named("half-close", "half-close"), &Options{}); err == nil {
		t.Error("a response with half-close twice must be rejected")
	}
	if _, err := settleTerms([]handshake.Extension{withParameter("half-close")}, &Options{}); err == nil {
		t.Error("a response with a parameter must be rejected")
	}
}

func TestDialOffersHalfClose(t *testing.T) {
	if got := offer(&Options{}); got != nil {
		t.Errorf("a client without OfferHalfClose must offer nothing; got %v", got)
	}
	if got := offer(&Options{OfferHalfClose: true}); len(got) != 1 || got[0].Name != "half-close" {
		t.Errorf("a client with OfferHalfClose must offer half-close; got %v", got)
	}
}
