package main

import (
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/worker"
)

func TestEgressFlagsSetOptions(t *testing.T) {
	c, err := parse(t, "--egress=10.1.2.3/8=deny", "--egress=api.example.com=allow,*.example.org=allow", "--egress=deny", "--fetch-timeout=5s", "--max-fetches=3", "--max-sockets=4")
	if err != nil {
		t.Fatal(err)
	}
	o, err := c.options(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := ruleTexts(o.Egress); got != "10.0.0.0/8=deny api.example.com=allow *.example.org=allow *=deny" {
		t.Errorf("the rules must be those of the flags, in their order; got %q", got)
	}
	if o.FetchTimeout != 5*time.Second || o.MaxFetches != 3 || o.MaxSockets != 4 {
		t.Errorf("the limits must be those of the flags; got %v, %d, %d", o.FetchTimeout, o.MaxFetches, o.MaxSockets)
	}
}

// ruleTexts returns rules in the notation of --egress.
func ruleTexts(rules []worker.EgressRule) string {
	texts := make([]string, 0, len(rules))
	for _, rule := range rules {
		texts = append(texts, rule.String())
	}
	return strings.Join(texts, " ")
}

func TestEgressFlagsRejectInvalidValues(t *testing.T) {
	for flag, want := range map[string]string{
		"--egress=10.0.0.0/8":     "is not a rule for outgoing connections",
		"--egress=a:443=deny":     "is not a target of a rule",
		"--fetch-timeout=forever": "is not a duration",
		"--max-fetches=0":         "--max-fetches: 0 is not above 0",
		"--max-sockets=-1":        "--max-sockets: -1 is not above 0",
	} {
		if _, err := parse(t, flag); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s must be refused with %q; got %v", flag, want, err)
		}
	}
}
