package node

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

const validity = 10 * 365 * 24 * time.Hour

// identity is a certificate to issue.
type identity struct {
	file         string
	name         string
	organization string
	// dns and ips make it a server's; without them it is a client's.
	dns []string
	ips []string
	// kubeconfig says whether a kubeconfig is written too.
	kubeconfig bool
}

var identities = []identity{
	{
		file: "apiserver", name: "kube-apiserver",
		dns: []string{
			"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
			"kubernetes.default.svc.cluster.local",
		},
		ips: []string{loopback, nodeIP, apiService},
	},
	{file: "kubelet-server", name: nodeName, dns: []string{nodeName}, ips: []string{nodeIP, loopback}},
	{file: "admin", name: "admin", organization: "system:masters", kubeconfig: true},
	{file: "kubelet", name: "system:node:" + nodeName, organization: "system:nodes", kubeconfig: true},
	{file: "controller-manager", name: "system:kube-controller-manager", kubeconfig: true},
	{file: "scheduler", name: "system:kube-scheduler", kubeconfig: true},
	{file: "proxy", name: "system:kube-proxy", kubeconfig: true},
	{file: "front-proxy", name: "front-proxy"},
}

// ensurePKI makes the certificate authority, every certificate and every kubeconfig, once for a state folder.
func ensurePKI(l Layout) error {
	final := filepath.Dir(l.pki("any"))
	if _, err := os.Stat(final); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	// Under another name until it is complete.
	if err := os.MkdirAll(l.Dir, 0o755); err != nil {
		return err
	}
	partial, err := os.MkdirTemp(l.Dir, "pki-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(partial)
	if err := writePKI(partial); err != nil {
		return err
	}
	if err := os.Rename(partial, final); err != nil {
		return err
	}
	admin, err := os.ReadFile(l.kubeconfig("admin"))
	if err != nil {
		return err
	}
	return os.WriteFile(l.Kubeconfig(), admin, 0o600)
}

func writePKI(dir string) error {
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "muster-test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(validity),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	if err != nil {
		return err
	}
	caPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER})
	if err := os.WriteFile(filepath.Join(dir, "ca.crt"), caPEM, 0o644); err != nil {
		return err
	}
	if _, err := writeKey(filepath.Join(dir, "ca.key"), caKey); err != nil {
		return err
	}
	for number, id := range identities {
		if err := issue(dir, id, int64(number+2), ca, caPEM, caKey); err != nil {
			return err
		}
	}
	// Service-account tokens are signed with RS256 by every version.
	serviceAccounts, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	_, err = writeKey(filepath.Join(dir, "service-accounts.key"), serviceAccounts)
	return err
}

func issue(dir string, id identity, serial int64, ca *x509.Certificate, caPEM []byte, caKey crypto.Signer) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: id.name},
		NotBefore: ca.NotBefore, NotAfter: ca.NotAfter, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, DNSNames: id.dns,
	}
	if id.organization != "" {
		template.Subject.Organization = []string{id.organization}
	}
	if len(id.dns) > 0 {
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
	for _, ip := range id.ips {
		template.IPAddresses = append(template.IPAddresses, net.ParseIP(ip))
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca, key.Public(), caKey)
	if err != nil {
		return err
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(filepath.Join(dir, id.file+".crt"), certificate, 0o644); err != nil {
		return err
	}
	keyPEM, err := writeKey(filepath.Join(dir, id.file+".key"), key)
	if err != nil || !id.kubeconfig {
		return err
	}
	return clientcmd.WriteToFile(kubeconfigOf(id.file, caPEM, certificate, keyPEM), filepath.Join(dir, id.file+".kubeconfig"))
}

func kubeconfigOf(user string, caPEM, certificate, key []byte) clientcmdapi.Config {
	const name = "muster-test"
	return clientcmdapi.Config{
		Clusters: map[string]*clientcmdapi.Cluster{
			name: {Server: "https://" + apiServer, CertificateAuthorityData: caPEM},
		},
		AuthInfos:      map[string]*clientcmdapi.AuthInfo{user: {ClientCertificateData: certificate, ClientKeyData: key}},
		Contexts:       map[string]*clientcmdapi.Context{name: {Cluster: name, AuthInfo: user}},
		CurrentContext: name,
	}
}

func writeKey(path string, key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	content := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return content, os.WriteFile(path, content, 0o600)
}
