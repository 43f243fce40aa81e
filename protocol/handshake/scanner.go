package handshake

// scanner takes a line of Sec-WebSocket-Extensions apart, from the left. Splitting at commas would not do: a quoted
// string may hold one.
type scanner struct {
	rest string
}

func (s *scanner) skipSpace() {
	for s.rest != "" && (s.rest[0] == ' ' || s.rest[0] == '\t') {
		s.rest = s.rest[1:]
	}
}

func (s *scanner) atEnd() bool {
	s.skipSpace()
	return s.rest == ""
}

// take steps over the separator c and the space before it, if c comes next.
func (s *scanner) take(c byte) bool {
	if s.atEnd() || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// extension reads a name and its parameters.
func (s *scanner) extension() (Extension, error) {
	e := Extension{Name: s.token()}
	if e.Name == "" {
		return Extension{}, errExtensionSyntax
	}
	for s.take(';') {
		p, ok := s.param()
		if !ok {
			return Extension{}, errExtensionSyntax
		}
		if len(e.Params) == maxList {
			return Extension{}, errExtensionMany
		}
		e.Params = append(e.Params, p)
	}
	return e, nil
}

// param reads a name, or a name with a value.
func (s *scanner) param() (Param, bool) {
	p := Param{Name: s.token()}
	if p.Name == "" || !s.take('=') {
		return p, p.Name != ""
	}
	if s.take('"') {
		value, ok := s.quoted()
		p.Value = value
		return p, ok
	}
	p.Value = s.token()
	return p, p.Value != ""
}

// token reads as many token characters as there are; none is the empty string.
func (s *scanner) token() string {
	s.skipSpace()
	end := 0
	for end < len(s.rest) && isTokenByte(s.rest[end]) {
		end++
	}
	token := s.rest[:end]
	s.rest = s.rest[end:]
	return token
}

// quoted reads the rest of a quoted string whose first quote is taken. What it means must be a token: quoting lets a
// client write a value differently, never another value. RFC 6455, section 9.1.
func (s *scanner) quoted() (string, bool) {
	var value []byte
	for i := 0; i < len(s.rest); i++ {
		c := s.rest[i]
		if c == '"' {
			s.rest = s.rest[i+1:]
			return string(value), len(value) > 0
		}
		if c == '\\' && i+1 < len(s.rest) {
			i++
			c = s.rest[i]
		}
		if !isTokenByte(c) {
			return "", false
		}
		value = append(value, c)
	}
	return "", false
}
