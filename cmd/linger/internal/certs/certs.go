// Package certs has the certificates of a TLS server: those in files, which are read again when they change, and those that a
// certificate authority issues by ACME (RFC 8555).
package certs

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"sync"
)

// Options are the sources of certificates.
type Options struct {
	Pairs      []Pair // certificates in files
	ACME       *ACME  // nil without certificates by ACME
	MinVersion uint16 // of TLS, such as tls.VersionTLS12
	Log        *slog.Logger
}

// Store is the certificates of a server.
type Store struct {
	files   *files
	manager *manager // nil without ACME
	config  *tls.Config
	close   func()
}

// Open reads the files of certificates, and begins to watch them and to obtain certificates by ACME. Close ends that.
func Open(o Options) (*Store, error) {
	s := &Store{}
	var err error
	if s.files, err = readFiles(o.Pairs, o.Log); err != nil {
		return nil, err
	}
	protocols := []string{"h2", "http/1.1"}
	ctx, stop := context.WithCancel(context.Background())
	s.close = sync.OnceFunc(func() {
		stop()
		if s.manager != nil {
			s.manager.cache.Stop()
		}
	})
	if o.ACME != nil {
		if s.manager, err = manage(ctx, o.ACME, o.Log); err != nil {
			stop()
			return nil, err
		}
		protocols = append(protocols, challengeProtocol)
	}
	s.config = &tls.Config{GetCertificate: s.certificate, MinVersion: o.MinVersion, NextProtos: protocols}
	go s.files.watch(ctx)
	return s, nil
}

// TLSConfig returns the configuration of a TLS server. It has ALPN for HTTP/2: a client that also offers HTTP/1.1 opens WebSockets on
// a connection of their own.
func (s *Store) TLSConfig() *tls.Config { return s.config }

// Reload reads the certificates of files, which may be others than before. The function that it returns puts them in place. After an error all
// certificates stay as they were.
func (s *Store) Reload(pairs []Pair) (use func(), err error) { return s.files.prepare(pairs) }

// Certificates returns the certificates in use: those from files, and those that were issued by ACME. They must not be changed.
func (s *Store) Certificates() []tls.Certificate {
	list := slices.Clone(s.files.certificates())
	if s.manager != nil {
		list = append(list, s.manager.certificates()...)
	}
	return list
}

// HTTPChallenge returns a handler for requests without TLS, which answers those of the certificate authority (RFC 8555, section 8.3) and
// passes all others to next.
func (s *Store) HTTPChallenge(next http.Handler) http.Handler {
	if s.manager == nil {
		return next
	}
	return s.manager.issuer.HTTPChallengeHandler(next)
}

// Close ends the watching of files and the renewal of certificates. Further calls have no effect.
func (s *Store) Close() { s.close() }

var errNoCertificate = errors.New("no certificate fits, and none has been issued yet")

// certificate returns the certificate for a handshake: the first one from a file that the client accepts, or one by ACME. Without
// those it is the first one from a file, so that the client reports what is wrong with it.
func (s *Store) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	fromFiles := s.files.certificates()
	isChallenge := slices.Contains(hello.SupportedProtos, challengeProtocol)
	for i := range fromFiles {
		if !isChallenge && hello.SupportsCertificate(&fromFiles[i]) == nil {
			return &fromFiles[i], nil
		}
	}
	if s.manager != nil {
		c, err := s.manager.config.GetCertificate(hello)
		if err == nil || len(fromFiles) == 0 || isChallenge {
			return c, err
		}
	}
	if len(fromFiles) == 0 {
		return nil, errNoCertificate
	}
	return &fromFiles[0], nil
}
