package weburl

import (
	"strings"

	"golang.org/x/net/idna"

	"github.com/lingerws/linger/worker/internal/web/textcodec"
)

// domainProfile is the processing of Unicode UTS 46 with the flags of the URL Standard, section 3.3: non-transitional,
// without checks of hyphens and lengths.
var domainProfile = idna.New(
	idna.MapForLookup(),
	idna.Transitional(false),
	idna.StrictDomainName(false),
	idna.CheckHyphens(false),
	idna.CheckJoiners(true),
	idna.BidiRule(),
	idna.VerifyDNSLength(false),
)

// Forbidden code points (URL Standard, section 3.2).
const (
	forbiddenHost   = "\x00\t\n\r #/:<>?@[\\]^|"
	forbiddenDomain = forbiddenHost + "%\x7f"
)

// parseHost implements the host parser (URL Standard, section 3.5).
func parseHost(input string, special bool) (string, error) {
	if strings.HasPrefix(input, "[") {
		if !strings.HasSuffix(input, "]") {
			return "", invalid("the IPv6 address %q has no closing bracket", input)
		}
		return parseIPv6(input[1 : len(input)-1])
	}
	if !special {
		return parseOpaqueHost(input)
	}
	domain, err := domainToASCII(textcodec.Lossy(PercentDecode(input)))
	if err != nil {
		return "", err
	}
	if i := strings.IndexFunc(domain, isForbiddenInDomain); i >= 0 {
		return "", invalid("the host %q contains %q, which is not allowed", input, domain[i])
	}
	if endsInNumber(domain) {
		return parseIPv4(domain)
	}
	return domain, nil
}

func isForbiddenInDomain(c rune) bool {
	return c < 0x20 || strings.ContainsRune(forbiddenDomain, c)
}

// parseOpaqueHost implements the opaque-host parser.
func parseOpaqueHost(input string) (string, error) {
	if i := strings.IndexAny(input, forbiddenHost); i >= 0 {
		return "", invalid("the host %q contains %q, which is not allowed", input, input[i])
	}
	return percentEncode(input, c0ControlSet), nil
}

// domainToASCII converts a domain to lower case, and its non-ASCII labels to Punycode.
func domainToASCII(domain string) (string, error) {
	result := strings.ToLower(domain)
	if !isPlainASCII(result) {
		var err error
		if result, err = internationalToASCII(domain); err != nil {
			return "", invalid("the host %q is not a valid international domain name", domain)
		}
	}
	if result == "" {
		return "", invalid("the host is empty, but a URL of this scheme needs one")
	}
	return result, nil
}

// internationalToASCII converts an international domain name to ASCII. It processes the result once more, because a label
// of more than 1,024 characters can be converted to Punycode that is not valid itself.
func internationalToASCII(domain string) (string, error) {
	result, err := domainProfile.ToASCII(domain)
	if err != nil {
		return "", err
	}
	return domainProfile.ToASCII(result)
}

// isPlainASCII reports whether a lower-case domain is ASCII without Punycode labels, which must be checked.
func isPlainASCII(domain string) bool {
	for i := range len(domain) {
		if domain[i] >= 0x80 {
			return false
		}
	}
	return !strings.HasPrefix(domain, "xn--") && !strings.Contains(domain, ".xn--")
}
