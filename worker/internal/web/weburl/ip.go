package weburl

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// endsInNumber reports whether a domain must be an IPv4 address (URL Standard, section 3.5).
func endsInNumber(domain string) bool {
	labels := strings.Split(domain, ".")
	last := labels[len(labels)-1]
	if last == "" {
		if len(labels) == 1 {
			return false
		}
		last = labels[len(labels)-2]
	}
	if last != "" && strings.Trim(last, "0123456789") == "" {
		return true
	}
	_, ok := ipv4Number(last)
	return ok
}

// parseIPv4 parses an address of one to four numbers, each decimal, octal or hexadecimal. The last number fills all
// remaining bytes.
func parseIPv4(domain string) (string, error) {
	labels := strings.Split(strings.TrimSuffix(domain, "."), ".")
	if len(labels) > 4 {
		return "", invalid("the IPv4 address %q has more than four parts", domain)
	}
	var address uint64
	for i, label := range labels {
		number, ok := ipv4Number(label)
		last := i == len(labels)-1
		if !ok || (!last && number > 255) || (last && number >= 1<<(8*(5-len(labels)))) {
			return "", invalid("part %q of the IPv4 address %q is not a number, or out of range", label, domain)
		}
		if last {
			address += number
		} else {
			address += number << (8 * (3 - i))
		}
	}
	return fmt.Sprintf("%d.%d.%d.%d", address>>24, address>>16&255, address>>8&255, address&255), nil
}

// ipv4Number parses a decimal, octal or hexadecimal number: 16, 020 or 0x10. For a number that is too large it returns
// 1<<40, which is out of range.
func ipv4Number(text string) (uint64, bool) {
	base := 10
	switch {
	case text == "":
		return 0, false
	case strings.HasPrefix(text, "0x") || strings.HasPrefix(text, "0X"):
		text, base = text[2:], 16
	case len(text) > 1 && text[0] == '0':
		text, base = text[1:], 8
	}
	if text == "" {
		return 0, true
	}
	if !digitsOf(text, base) {
		return 0, false
	}
	number, err := strconv.ParseUint(text, base, 40)
	if err != nil {
		return 1 << 40, true
	}
	return number, true
}

// digitsOf reports whether text consists of digits of a base.
func digitsOf(text string, base int) bool {
	for i := range len(text) {
		if !isHex(text[i]) || int(unhex(text[i])) >= base {
			return false
		}
	}
	return true
}

// parseIPv6 parses an address without brackets, and returns it in compressed form with brackets.
func parseIPv6(text string) (string, error) {
	address, err := netip.ParseAddr(text)
	if err != nil || !address.Is6() || address.Zone() != "" {
		return "", invalid("%q is not an IPv6 address", text)
	}
	return serializeIPv6(address.As16()), nil
}

// serializeIPv6 implements the IPv6 serializer (URL Standard, section 3.6).
func serializeIPv6(address [16]byte) string {
	from, to := longestZeroRun(address)
	var b strings.Builder
	b.WriteByte('[')
	for i := 0; i < 8; i++ {
		if i == from {
			b.WriteString("::")
			i = to - 1
			continue
		}
		if i > 0 && i != to {
			b.WriteByte(':')
		}
		b.WriteString(strconv.FormatUint(uint64(piece(address, i)), 16))
	}
	b.WriteByte(']')
	return b.String()
}

// piece returns a 16-bit piece of an address.
func piece(address [16]byte, i int) uint16 {
	return uint16(address[2*i])<<8 | uint16(address[2*i+1])
}

// longestZeroRun returns the first of the longest runs of two or more zero pieces, as [from, to), or -1, -1 if there is
// none.
func longestZeroRun(address [16]byte) (from, to int) {
	from, to = -1, -1
	for i := 0; i < 8; i++ {
		end := i
		for end < 8 && piece(address, end) == 0 {
			end++
		}
		if end-i > 1 && end-i > to-from {
			from, to = i, end
		}
		i = max(i, end)
	}
	return from, to
}
