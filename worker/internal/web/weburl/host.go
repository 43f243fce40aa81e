package weburl

import (
	"strings"

	"golang.org/x/net/idna"

	"github.com/lingerws/linger/worker/internal/web/textcodec"
)

// domainProfile is the processing of Unicode UTS 46 with the flags that the URL Standard, section 3.3, sets:
// non-transitional, hyphens and length unchecked.
var domainProfile = idna.New(
	idna.MapForLookup(),
	idna.Transitional(false),
	idna.StrictDomainName(false),
	idna.CheckHyphens(false),
	idna.CheckJoiners(true),
	idna.BidiRule(),
	idna.VerifyDNSLength(false),
)

// Code points that may not stand in a host (URL Standard, section 3.2).
const (
	forbiddenHost   = "\x00\t\n\r #/:<>?@[\\]^|"
	forbiddenDomain = forbiddenHost + "%\x7f"
)

// parseHost is the host parser (URL Standard, section 3.5).
func parseHost(input string, special bool) (string, error) {
	if strings.HasPrefix(input, "[") {
		if !strings.HasSuffix(input, "]") {
			return "", invalid("the IPv6 address %q lacks its closing bracket", input)
		}
		return parseIPv6(input[1 : len(input)-1])
	}
	if !special {
		return parseOpaqueHost(input)
	}
	domain, err := domainToASCII(textcodec.Lossy(percentDecode(input)))
	if err != nil {
		return "", err
	}
	if i := strings.IndexFunc(domain, isForbiddenInDomain); i >= 0 {
		return "", invalid("the host %q contains %q, which no host may", input, domain[i])
	}
	if endsInNumber(domain) {
		return parseIPv4(domain)
	}
	return domain, nil
}

func isForbiddenInDomain(c rune) bool {
	return c < 0x20 || strings.ContainsRune(forbiddenDomain, c)
}

func parseOpaqueHost(input string) (string, error) {
	if i := strings.IndexAny(input, forbiddenHost); i >= 0 {
		return "", invalid("the host %q contains %q, which no host may", input, input[i])
	}
	return percentEncode(input, c0ControlSet), nil
}

// domainToASCII lower-cases a domain and writes its labels beyond ASCII in Punycode.
func domainToASCII(domain string) (string, error) {
	result := strings.ToLower(domain)
	if !plainASCII(result) {
		var err error
		if result, err = international(domain); err != nil {
			return "", invalid("the host %q is not a valid international domain name", domain)
		}
	}
	if result == "" {
		return "", invalid("the host is empty, and a URL of this scheme needs one")
	}
	return result, nil
}

// international writes a domain as an international one, if it can be read back: a label of more than 1,024 characters
// could not.
func international(domain string) (string, error) {
	result, err := domainProfile.ToASCII(domain)
	if err != nil {
		return "", err
	}
	return domainProfile.ToASCII(result)
}

// plainASCII tells whether a lower-case domain needs no international processing. A label that claims to be Punycode
// does: it has to be checked.
func plainASCII(domain string) bool {
	for i := range len(domain) {
		if domain[i] >= 0x80 {
			return false
		}
	}
	return !strings.HasPrefix(domain, "xn--") && !strings.Contains(domain, ".xn--")
}
