package assets

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
)

// redirects are the rules of _redirects.
type redirects struct {
	static  map[string]redirect // those without an asterisk and placeholders that precede all others, by their paths
	dynamic []redirect          // the others, in order
}

// redirect is a rule: requests that match pattern are redirected to a URL or, with the status 200, answered with the file of a path.
type redirect struct {
	pattern pattern
	to      string
	status  int
}

// redirectStatuses are the statuses of rules.
var redirectStatuses = []int{http.StatusOK, http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect}

// readRedirects reads _redirects.
func readRedirects(root *os.Root, handling string) (redirects, []Warning, error) {
	all := redirects{static: map[string]redirect{}}
	seen := map[string]bool{}
	file := &rulesFile{name: "_redirects"}
	err := file.lines(root, func(number int, line string) bool {
		from, rule, err := parseRedirect(line, handling)
		isStatic := err == nil && len(all.dynamic) == 0 && !strings.Contains(from, "*") && !placeholder.MatchString(from)
		switch {
		case err != nil:
			file.warn(number, err.Error())
		case seen[from]:
			file.warn(number, "has the path of an earlier line")
		case isStatic && len(all.static) >= maxStaticRedirects:
			file.warn(number, fmt.Sprintf("is after %d lines without asterisks and placeholders", maxStaticRedirects))
		case isStatic:
			all.static[from] = rule
		case len(all.dynamic) >= maxDynamicRedirects:
			file.warn(number, fmt.Sprintf("is after %d lines with asterisks or placeholders, and so are those that follow", maxDynamicRedirects))
			return false
		default:
			all.dynamic = append(all.dynamic, rule)
		}
		seen[from] = seen[from] || err == nil
		return true
	})
	return all, file.warnings, err
}

// parseRedirect parses a line: a path, a destination and, optionally, a status. The error continues a sentence that begins with the line.
func parseRedirect(line, handling string) (from string, rule redirect, err error) {
	if comment := strings.Index(line, " #"); comment >= 0 {
		line = line[:comment]
	}
	parts := strings.Fields(line)
	if len(parts) < 2 || len(parts) > 3 {
		return "", rule, fmt.Errorf("has %d parts: it must have a path, a destination and, optionally, a status", len(parts))
	}
	rule = redirect{to: parts[1], status: http.StatusFound}
	if from, err = checkSource(parts[0], false); err != nil {
		return "", rule, err
	}
	if len(parts) == 3 {
		if rule.status, err = strconv.Atoi(parts[2]); err != nil || !slices.Contains(redirectStatuses, rule.status) {
			return "", rule, fmt.Errorf("has the status %s: it must be 200, 301, 302, 303, 307 or 308", parts[2])
		}
	}
	if err = rule.checkDestination(from, handling); err == nil {
		rule.pattern, err = parsePattern(from)
	}
	return from, rule, err
}

// checkDestination returns an error if the destination of a rule for the path from is not valid.
func (rule *redirect) checkDestination(from, handling string) error {
	relative := strings.HasPrefix(rule.to, "/")
	isIndex := strings.HasSuffix(rule.to, "/index") || strings.HasSuffix(rule.to, "/index.html")
	switch {
	case !relative && !strings.HasPrefix(rule.to, "https://"):
		return fmt.Errorf("has the destination %s: it must begin with / or https://", rule.to)
	case !relative && rule.status == http.StatusOK:
		return fmt.Errorf("has the status 200 and the destination %s: it must be a path", rule.to)
	case relative && isIndex && (strings.HasSuffix(from, "/*") || strings.HasSuffix(from, "/") && handling != "none"):
		return fmt.Errorf("would redirect requests for ever: the canonical path of %s matches it again", rule.to)
	}
	return nil
}

// find returns the first rule for a request, with its destination. ok is false if there is none.
func (all *redirects) find(r *http.Request) (status int, to string, ok bool) {
	if rule, ok := all.static[escapedPath(r)]; ok {
		return rule.status, rule.to, true
	}
	for _, rule := range all.dynamic {
		texts, ok := rule.pattern.match(r)
		if !ok {
			continue
		}
		to = replace(rule.to, texts)
		if strings.HasPrefix(to, "/") {
			to = collapse(to) // two slashes at the beginning would begin a host
		}
		return rule.status, to, true
	}
	return 0, "", false
}

// locationOf returns the Location of a redirect of a request: its destination, with the query of the request unless it has one.
func locationOf(r *http.Request, to string) string {
	u, err := url.Parse(to)
	if err != nil {
		return to
	}
	if u.RawQuery == "" {
		u.RawQuery = r.URL.RawQuery
	}
	if u.Host == r.Host {
		u.Scheme, u.Host, u.Path = "", "", cmp.Or(u.Path, "/")
	}
	return u.String()
}
