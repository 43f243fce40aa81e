package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/lingerws/linger/cmd/linger/internal/certs"
	"github.com/lingerws/linger/cmd/linger/internal/listen"
)

// tlsFlags are the flags for TLS with certificates in files.
type tlsFlags struct {
	TLSCert       []string `name:"tls-cert" reload:"live" path:"file" sep:"none" placeholder:"FILE" help:"PEM file of a certificate, and of those that have issued it. With one, all TCP addresses without http:// speak TLS. The file is read again when it changes. May be repeated: clients get the certificate for the host that they name."`
	TLSKey        []string `name:"tls-key" reload:"live" path:"file" sep:"none" placeholder:"FILE" help:"PEM file of the private key of a certificate, in the order of --tls-cert. Default: the files of the certificates contain their keys."`
	TLSMinVersion string   `name:"tls-min-version" default:"1.2" enum:"1.2,1.3" help:"Oldest version of TLS that clients may use: 1.2 or 1.3."`
	TLSRedirect   bool     `name:"tls-redirect" help:"Redirect the requests to addresses with http:// to https."`
}

// acmeFlags are the flags for certificates that a certificate authority issues.
type acmeFlags struct {
	ACMEDomain   []string `name:"acme-domain" placeholder:"NAME" help:"Domain for which a certificate is obtained by ACME and renewed, such as chat.example.com. The authority connects to its port 443, or 80 if there is an address with http://. May be repeated."`
	ACMEAgreeTOS bool     `name:"acme-agree-tos" help:"Agree to the terms of service of the certificate authority."`
	ACMEEmail    string   `name:"acme-email" placeholder:"ADDRESS" help:"Address at which the certificate authority reports problems. Default: none."`
	ACMECA       string   `name:"acme-ca" default:"https://acme-v02.api.letsencrypt.org/directory" placeholder:"URL" help:"Directory of the certificate authority. Default: that of Let's Encrypt."`
	ACMECARoot   string   `name:"acme-ca-root" path:"file" placeholder:"FILE" help:"PEM file of the authorities that the server of --acme-ca is verified against. Default: those of the system."`
	ACMEStorage  string   `name:"acme-storage" path:"file" placeholder:"DIR" help:"Folder of the certificates, their keys and the account. Default: acme in the folder of --data."`

	ACMECheckInterval duration `name:"acme-check-interval" default:"10m" help:"Time between two checks whether certificates have to be renewed, for authorities whose certificates live for less than a day."`
}

// Validate reports flags that do not fit together. kong calls it.
func (f tlsFlags) Validate() error {
	if len(f.TLSKey) > 0 && len(f.TLSKey) != len(f.TLSCert) {
		return fmt.Errorf("--tls-key: there are %d keys for %d certificates: give one for each --tls-cert, or none if the files of the certificates contain them",
			len(f.TLSKey), len(f.TLSCert))
	}
	return nil
}

// Validate reports values that are wrong. kong calls it.
func (f acmeFlags) Validate() error {
	for _, name := range f.ACMEDomain {
		switch {
		case strings.HasPrefix(name, "*."):
			return fmt.Errorf("--acme-domain: %q needs a change of DNS records, which is not supported: give the names below it, or a certificate with --tls-cert", name)
		case !isDomain(name):
			return fmt.Errorf("--acme-domain: %q is not a domain: give a name such as chat.example.com, without scheme and port", name)
		}
	}
	if u, err := url.Parse(f.ACMECA); err != nil || u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("--acme-ca: %q is not the URL of a directory: expected one such as https://acme-v02.api.letsencrypt.org/directory", f.ACMECA)
	}
	if len(f.ACMEDomain) > 0 && !f.ACMEAgreeTOS {
		return errors.New("--acme-agree-tos: the certificate authority issues certificates to those who agree to its terms of service: read them, and give this flag")
	}
	return nil
}

// isDomain reports whether a name can be that of a public server.
func isDomain(name string) bool {
	return name != "" && !strings.ContainsAny(name, "*:/@[] ") && net.ParseIP(name) == nil
}

// encrypts reports whether there are certificates.
func (f entryFlags) encrypts() bool { return len(f.TLSCert)+len(f.ACMEDomain) > 0 }

// scheme returns what clients speak to a listener.
func (f entryFlags) scheme(l listen.Listener) listen.Scheme {
	switch {
	case l.Address.Scheme != listen.Any:
		return l.Address.Scheme
	case f.encrypts() && l.Addr().Network() == "tcp":
		return listen.HTTPS
	}
	return listen.HTTP
}

// checkSchemes returns an error if certificates and addresses do not fit together.
func (f entryFlags) checkSchemes(list []listen.Listener) error {
	secure := 0
	for _, l := range list {
		if l.Address.Scheme == listen.HTTPS {
			secure++
		}
	}
	switch {
	case secure > 0 && !f.encrypts():
		return errors.New("an address with https:// needs a certificate: give --tls-cert or --acme-domain")
	case secure == 0 && f.encrypts():
		return errors.New("there are certificates, but no address speaks TLS: give one with https://, such as --listen=https://:443")
	case f.TLSRedirect && (secure == 0 || secure == len(list)):
		return errors.New("--tls-redirect needs an address with TLS and one without, such as --listen=:443 --listen=http://:80")
	}
	return nil
}

// certificates returns the certificates for the listeners, or nil if none needs any. folder is that of stored data.
func (f entryFlags) certificates(list []listen.Listener, folder string, log *slog.Logger) (*certs.Store, error) {
	if !f.encrypts() {
		return nil, nil //nolint:nilnil // documented
	}
	o := certs.Options{Pairs: f.pairs(), MinVersion: tls.VersionTLS12, Log: log}
	if f.TLSMinVersion == "1.3" {
		o.MinVersion = tls.VersionTLS13
	}
	if len(f.ACMEDomain) > 0 {
		storage := f.ACMEStorage
		if storage == "" {
			storage = filepath.Join(folder, "acme")
		}
		o.ACME = &certs.ACME{
			Domains: f.ACMEDomain, Email: f.ACMEEmail, Directory: f.ACMECA, Roots: f.ACMECARoot, Storage: storage, CheckInterval: time.Duration(f.ACMECheckInterval),
			TLSPort: portOf(list, listen.HTTPS), HTTPPort: portOf(list, listen.HTTP),
		}
	}
	return certs.Open(o)
}

// pairs returns the files of certificates and keys.
func (f tlsFlags) pairs() []certs.Pair {
	list := make([]certs.Pair, 0, len(f.TLSCert))
	for i, name := range f.TLSCert {
		pair := certs.Pair{Certificate: name}
		if len(f.TLSKey) > 0 {
			pair.Key = f.TLSKey[i]
		}
		list = append(list, pair)
	}
	return list
}

// portOf returns the port of the first TCP listener with a scheme, or 0.
func portOf(list []listen.Listener, scheme listen.Scheme) int {
	for _, l := range list {
		if address, ok := l.Addr().(*net.TCPAddr); ok && l.Address.Scheme == scheme {
			return address.Port
		}
	}
	return 0
}
