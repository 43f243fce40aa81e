package handshake

// scanner parses a line of Sec-WebSocket-Extensions from left to right. The line cannot be split at commas, because a
// quoted string may contain one.
type scanner struct {
	rest string // the input that is not parsed yet
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

// skip skips white space and the separator c. It reports whether c was next.
func (s *scanner) skip(c byte) bool {
	if s.atEnd() || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// extension parses a name and its parameters.
func (s *scanner) extension() (Extension, error) {
	e := Extension{Name: s.token()}
	if e.Name == "" {
		return Extension{}, errExtensionSyntax
	}
	for s.skip(';') {
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

// param parses a parameter with an optional value. It reports whether it is valid.
func (s *scanner) param() (Param, bool) {
	p := Param{Name: s.token()}
	if p.Name == "" || !s.skip('=') {
		return p, p.Name != ""
	}
	if s.skip('"') {
		value, ok := s.quoted()
		p.Value = value
		return p, ok
	}
	p.Value = s.token()
	return p, p.Value != ""
}

// token parses a token. It returns an empty string if there is none.
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

// quoted parses a quoted string whose first quote was skipped. It reports whether the value is a token, as it must be
// (RFC 6455, section 9.1).
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
