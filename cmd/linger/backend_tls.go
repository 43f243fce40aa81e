package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// backendTLS says how the certificates of backends with the scheme wss are verified.
type backendTLS struct {
	BackendCA       string `placeholder:"FILE" help:"Certificates, in PEM, of the authorities that backends at wss are verified by, instead of the system's."`
	BackendName     string `placeholder:"NAME" help:"Name that the certificates of backends have to be for, instead of the host in --to."`
	BackendInsecure bool   `help:"Do not verify the certificates of backends: anything on the way can read and change all traffic."`
}

// config returns nil when nothing differs from the usual.
func (b backendTLS) config() (*tls.Config, error) {
	switch {
	case b == backendTLS{}:
		return nil, nil
	case b.BackendInsecure && (b.BackendCA != "" || b.BackendName != ""):
		return nil, fmt.Errorf("--backend-insecure verifies nothing: leave it out, or --backend-ca and --backend-name")
	}
	c := &tls.Config{ServerName: b.BackendName, InsecureSkipVerify: b.BackendInsecure} //nolint:gosec // asked for by name
	if b.BackendCA == "" {
		return c, nil
	}
	pem, err := os.ReadFile(b.BackendCA)
	if err != nil {
		return nil, fmt.Errorf("--backend-ca: %w", err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("--backend-ca: %s has no certificate: a file in PEM is wanted, with -----BEGIN CERTIFICATE-----", b.BackendCA)
	}
	return c, nil
}
