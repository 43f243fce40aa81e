package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/caddyserver/certmagic"
)

// ACME describes the certificates that a certificate authority issues.
type ACME struct {
	Domains   []string
	Email     string // for the account at the authority; may be empty
	Directory string // URL of the authority's directory; empty means Let's Encrypt
	Roots     string // PEM file of the authorities that may have issued the certificate of the directory; empty means those of the system
	Storage   string // folder of certificates, keys and the account

	// The authority connects to port 443 or port 80 of a domain. These are the ports at which its connections arrive here; 0 means
	// that they do not.
	TLSPort, HTTPPort int

	// CheckInterval is the time between two checks whether certificates have to be renewed; 0 means ten minutes.
	CheckInterval time.Duration
}

// challengeProtocol is the protocol of a connection by which the authority checks a domain (RFC 8737).
const challengeProtocol = "acme-tls/1"

// manager obtains certificates and renews them.
type manager struct {
	cache  *certmagic.Cache
	config *certmagic.Config
	issuer *certmagic.ACMEIssuer

	domains []string
}

// manage begins to obtain certificates, and renews them until ctx ends. Failures are logged and tried again.
func manage(ctx context.Context, a *ACME, log *slog.Logger) (*manager, error) {
	var roots *x509.CertPool
	if a.Roots != "" {
		pem, err := os.ReadFile(a.Roots)
		if err != nil {
			return nil, fmt.Errorf("the certificate authorities of the ACME directory cannot be read: %w", err)
		}
		if roots = x509.NewCertPool(); !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s contains no certificate: expected a PEM file with -----BEGIN CERTIFICATE-----", a.Roots)
		}
	}
	lines := newZap(log)
	m := &manager{domains: a.Domains}
	m.cache = certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert:   func(certmagic.Certificate) (*certmagic.Config, error) { return m.config, nil },
		RenewCheckInterval: a.CheckInterval,
		Logger:             lines,
	})
	m.config = certmagic.New(m.cache, certmagic.Config{
		Storage:           &certmagic.FileStorage{Path: a.Storage},
		DefaultServerName: a.Domains[0], // for clients without SNI
		OnEvent: func(_ context.Context, event string, data map[string]any) error {
			logEvent(log, event, data)
			return nil
		},
		Logger: lines,
	})
	m.issuer = certmagic.NewACMEIssuer(m.config, certmagic.ACMEIssuer{
		CA:                      a.Directory,
		Email:                   a.Email,
		Agreed:                  true,
		TrustedRoots:            roots,
		DisableHTTPChallenge:    a.HTTPPort == 0,
		DisableTLSALPNChallenge: a.TLSPort == 0,
		AltHTTPPort:             a.HTTPPort,
		AltTLSALPNPort:          a.TLSPort,
		Logger:                  lines,
	})
	m.config.Issuers = []certmagic.Issuer{m.issuer}
	if err := m.config.ManageAsync(ctx, a.Domains); err != nil {
		m.cache.Stop()
		return nil, fmt.Errorf("certificates cannot be obtained by ACME: %w", err)
	}
	return m, nil
}

// certificates returns the certificates that have been issued for the domains.
func (m *manager) certificates() (list []tls.Certificate) {
	for _, domain := range m.domains {
		for _, c := range m.cache.AllMatchingCertificates(domain) {
			list = append(list, c.Certificate)
		}
	}
	return list
}

// logEvent logs what happens to certificates. Failures are in the lines of certmagic.
func logEvent(log *slog.Logger, event string, data map[string]any) {
	if event == "cert_obtained" {
		log.Info("certificate issued", "names", data["identifier"], "issuer", data["issuer"], "renewal", data["renewal"])
	}
}
