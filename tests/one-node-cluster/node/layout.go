// Package node says what the test cluster's one node is made of: addresses, files, settings and the order of its parts.
package node

import (
	"fmt"
	"path/filepath"
)

// DirName is the cluster's folder in the user's cache folder.
const DirName = "muster-test-cluster"

// The cluster's own networks and ports.
const (
	nodeName    = "muster-test"
	bridge      = "muster-test"
	nodeIP      = "10.244.0.1" // the bridge's address
	podSubnet   = "10.244.0.0/24"
	firstPodIP  = "10.244.0.10"
	serviceNet  = "10.96.0.0/16"
	apiService  = "10.96.0.1" // the first address of serviceNet
	dnsService  = "10.96.0.10"
	pauseImage  = "muster.test/pause:1"
	loopback    = "127.0.0.1"
	registry    = loopback + ":5000"
	apiServer   = loopback + ":16443"
	etcdClients = loopback + ":12379"
	etcdPeers   = loopback + ":12380"

	// The components' usual ones.
	kubeletPort           = 10250
	kubeletHealth         = 10248
	proxyHealth           = 10256
	proxyMetrics          = 10249
	controllerManagerPort = 10257
	schedulerPort         = 10259
)

// Layout names the cluster's files below one folder.
type Layout struct {
	// Dir is the folder of everything that the cluster writes.
	Dir string
	// BinDir holds this program, pause and kubectl.
	BinDir string
}

func (l Layout) program() string { return filepath.Join(l.BinDir, "cluster") }
func (l Layout) pause() string   { return filepath.Join(l.BinDir, "pause") }

// Kubectl is a link to this program.
func (l Layout) Kubectl() string { return filepath.Join(l.BinDir, "kubectl") }

// Kubeconfig is the administrator's.
func (l Layout) Kubeconfig() string { return filepath.Join(l.Dir, "kubeconfig") }

// RunDir holds what is of no use after a stop: pid files and sockets.
func (l Layout) RunDir() string { return filepath.Join(l.Dir, "run") }

// LogDir holds a log for each component.
func (l Layout) LogDir() string { return filepath.Join(l.Dir, "log") }

// state is what a stop keeps: objects, images, volumes.
func (l Layout) state(parts ...string) string {
	return filepath.Join(append([]string{l.Dir, "state"}, parts...)...)
}
func (l Layout) config(name string) string     { return filepath.Join(l.Dir, "config", name) }
func (l Layout) pki(name string) string        { return filepath.Join(l.Dir, "pki", name) }
func (l Layout) kubeconfig(user string) string { return l.pki(user + ".kubeconfig") }
func (l Layout) containerdSocket() string      { return filepath.Join(l.RunDir(), "containerd.sock") }
func (l Layout) criEndpoint() string           { return "unix://" + l.containerdSocket() }

// usedPorts are checked before the start; the name is for the message.
func usedPorts() map[string]string {
	return map[string]string{
		registry:    "registry",
		apiServer:   "kube-apiserver",
		etcdClients: "etcd",
		etcdPeers:   "etcd",
		fmt.Sprintf("%s:%d", loopback, kubeletHealth):         "kubelet",
		fmt.Sprintf("%s:%d", loopback, proxyHealth):           "kube-proxy",
		fmt.Sprintf("%s:%d", loopback, controllerManagerPort): "kube-controller-manager",
		fmt.Sprintf("%s:%d", loopback, schedulerPort):         "kube-scheduler",
	}
}
