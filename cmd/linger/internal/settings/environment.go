package settings

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/lingerws/linger/internal/spelling"
)

// environment has the variables of the environment that are set. Empty variables count as not set.
type environment map[string]string

// newEnvironment returns the variables whose names begin with prefix. environ has the form of os.Environ.
func newEnvironment(environ []string, prefix string) environment {
	e := environment{}
	for _, line := range environ {
		name, value, _ := strings.Cut(line, "=")
		if strings.HasPrefix(name, prefix) && value != "" && !ofKubernetes(name, value) {
			e[name] = value
		}
	}
	return e
}

var (
	kubernetesName  = regexp.MustCompile(`_SERVICE_HOST$|_SERVICE_PORT(_[A-Z0-9_]+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$`)
	kubernetesValue = regexp.MustCompile(`^(tcp|udp|sctp)://`)
)

// ofKubernetes reports whether Kubernetes has set a variable: a service that is called linger causes LINGER_SERVICE_HOST,
// LINGER_PORT=tcp://10.0.0.1:80 and others in the containers of its namespace.
func ofKubernetes(name, value string) bool {
	return kubernetesName.MatchString(name) || strings.HasSuffix(name, "_PORT") && kubernetesValue.MatchString(value)
}

// split returns the texts of a variable's value for a setting. Several values are separated by commas, or a JSON array.
func (s *Setting) split(value string) ([]string, error) {
	trimmed := strings.TrimSpace(value)
	switch {
	case !s.IsSlice():
		return []string{value}, nil
	case strings.HasPrefix(trimmed, `["`):
		var texts []string
		err := json.Unmarshal([]byte(trimmed), &texts)
		return texts, err
	}
	texts := strings.Split(value, separator)
	for i, text := range texts {
		texts[i] = strings.TrimSpace(text)
	}
	return texts, nil
}

// UnknownName is the name of an environment variable that no setting has.
type UnknownName struct {
	Name    string
	Nearest string // the most similar known name, "" if none is similar
}

// String returns the name and the nearest one as a line of text.
func (u UnknownName) String() string {
	if u.Nearest == "" {
		return u.Name + ": no setting has this environment variable"
	}
	return u.Name + ": no setting has this environment variable: did you mean " + u.Nearest + "?"
}

// UnknownNames returns the variables of the environment whose names begin with prefix, and that no setting of the schemas
// has, in the order of their names. known has the names of other variables; one that ends with * is a prefix of names.
func UnknownNames(environ []string, prefix string, known []string, schemas ...*Schema) []UnknownName {
	known = slices.Clone(known)
	for _, schema := range schemas {
		for _, setting := range schema.Settings {
			known = append(known, setting.Variable)
		}
		for _, extra := range schema.Extras {
			known = append(known, extra.Variable)
		}
	}
	var unknown []UnknownName
	for name := range newEnvironment(environ, prefix) {
		if !slices.ContainsFunc(known, func(pattern string) bool { return matches(pattern, name) }) {
			unknown = append(unknown, UnknownName{name, spelling.Nearest(name, known)})
		}
	}
	slices.SortFunc(unknown, func(a, b UnknownName) int { return strings.Compare(a.Name, b.Name) })
	return unknown
}

// matches reports whether name is the pattern or, if that ends with *, begins with the rest of it.
func matches(pattern, name string) bool {
	prefix, isPrefix := strings.CutSuffix(pattern, "*")
	return pattern == name || isPrefix && strings.HasPrefix(name, prefix)
}
