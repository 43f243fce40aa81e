package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// backendTLS are the flags for verifying the certificates of backends whose URLs have the scheme wss.
type backendTLS struct {
	BackendCA       string `path:"file" placeholder:"FILE" reload:"live" help:"PEM file of the certificate authorities that wss backends are verified against. Default: those of the system."`
	BackendName     string `placeholder:"NAME" reload:"live" help:"Host name expected in the certificates of backends. Default: the host in --to."`
	BackendInsecure bool   `reload:"live" help:"Do not verify the certificates of backends. Anyone on the network path can then read and change all traffic."`
}

// tlsConfig returns the TLS configuration for connections to backends, or nil if all flags have their defaults.
func (b backendTLS) tlsConfig() (*tls.Config, error) {
	switch {
	case b == backendTLS{}:
		return nil, nil
	case b.BackendInsecure && (b.BackendCA != "" || b.BackendName != ""):
		return nil, fmt.Errorf("--backend-insecure turns verification off: remove it, or remove --backend-ca and --backend-name")
	}
	c := &tls.Config{ServerName: b.BackendName, InsecureSkipVerify: b.BackendInsecure} //nolint:gosec // requested with --backend-insecure
	if b.BackendCA == "" {
		return c, nil
	}
	pem, err := os.ReadFile(b.BackendCA)
	if err != nil {
		return nil, fmt.Errorf("--backend-ca: %w", err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("--backend-ca: %s contains no certificate: expected a PEM file with -----BEGIN CERTIFICATE-----", b.BackendCA)
	}
	return c, nil
}
