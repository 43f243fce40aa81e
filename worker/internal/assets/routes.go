package assets

import (
	"fmt"
	"regexp"
	"strings"
)

// maxRoutes is the limit of routes, as on the platform.
const maxRoutes = 100

// routes match paths.
type routes []*regexp.Regexp

// parseRoutes returns the routes of paths, and those after !, which are exceptions.
func parseRoutes(paths []string) (first, last routes, err error) {
	if len(paths) > maxRoutes {
		return nil, nil, fmt.Errorf("RunWorkerFirst has %d paths: at most %d are possible", len(paths), maxRoutes)
	}
	for _, text := range paths {
		name, exception := strings.CutPrefix(text, "!")
		if !strings.HasPrefix(name, "/") {
			return nil, nil, fmt.Errorf("RunWorkerFirst has %q: a path begins with / or !/", text)
		}
		pattern := regexp.MustCompile("(?s)^" + strings.ReplaceAll(regexp.QuoteMeta(name), `\*`, ".*") + "$")
		if exception {
			last = append(last, pattern)
		} else {
			first = append(first, pattern)
		}
	}
	return first, last, nil
}

func (r routes) match(name string) bool {
	for _, pattern := range r {
		if pattern.MatchString(name) {
			return true
		}
	}
	return false
}
