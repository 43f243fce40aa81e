package handshake

import (
	"strings"
	"testing"
)

func fromOrigin(host string, origins ...string) Request {
	return Request{Host: host, Header: map[string][]string{"Origin": origins}}
}

func TestOriginPolicyDefault(t *testing.T) {
	for _, c := range []struct {
		origin, host string
		admitted     bool
	}{
		{"https://example.com", "example.com", true},
		{"http://example.com", "example.com", true},
		{"https://EXAMPLE.com", "example.COM", true},
		{"https://example.com", "example.com:443", true},
		{"http://example.com:80", "example.com", true},
		{"http://localhost:8080", "localhost:8080", true},
		{"http://[::1]:8080", "[::1]:8080", true},
		{"https://münchen.example", "münchen.example", true},
		{"https://example.com", "example.com:80", false},
		{"http://localhost:5173", "localhost:8080", false},
		{"https://evil.example", "example.com", false},
		{"https://sub.example.com", "example.com", false},
		{"https://example.com.evil.example", "example.com", false},
		{"https://Ünchen.example", "ünchen.example", false},
		{"app://example.com", "example.com", false},
		{"null", "null", false},
		{"", "", false},
		{"example.com", "example.com", false},
		{"https://", "example.com", false},
		{"https://example.com/", "example.com", false},
		{"https://user@example.com", "example.com", false},
		{"https://example.com https://evil.example", "example.com", false},
		{"https://example.com:0443", "example.com", false},
		{"https://example.com:*", "example.com:*", false},
	} {
		refusal := OriginPolicy{}.Check(fromOrigin(c.host, c.origin))
		if admitted := refusal == nil; admitted != c.admitted {
			t.Errorf("a page of %q is admitted to %q: %v, expected %v", c.origin, c.host, admitted, c.admitted)
		}
	}
}

func TestOriginPolicyWithoutOrigin(t *testing.T) {
	if refusal := (OriginPolicy{}).Check(Request{Host: "example.com"}); refusal != nil {
		t.Errorf("a request without Origin is refused: %v", refusal)
	}
}

func TestOriginPolicyRepeatedOrigin(t *testing.T) {
	policy, err := NewOriginPolicy("*")
	if err != nil {
		t.Fatal(err)
	}
	if policy.Check(fromOrigin("example.com", "https://example.com", "https://example.com")) == nil {
		t.Error("a request with two fields Origin is admitted")
	}
}

func TestOriginPolicyRefusal(t *testing.T) {
	refusal := OriginPolicy{}.Check(fromOrigin("localhost:8080", "http://localhost:5173"))
	if refusal == nil || refusal.Status != 403 || refusal.Reason != ReasonOrigin {
		t.Fatalf("the refusal of another origin is %v, expected status 403 and reason origin", refusal)
	}
	for _, part := range []string{"http://localhost:5173", "localhost:8080"} {
		if !strings.Contains(refusal.Text, part) {
			t.Errorf("the text of the refusal is %q, expected it to contain %s", refusal.Text, part)
		}
	}
	long := OriginPolicy{}.Check(fromOrigin("h", "https://"+strings.Repeat("a", 5000)))
	if len(long.Text) > 500 {
		t.Errorf("the text of the refusal has %d bytes, expected at most 500 for a long origin", len(long.Text))
	}
}
