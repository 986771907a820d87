package node

import (
	"context"
	"crypto/tls"
	"embed"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"cluster/netpol"
	"cluster/supervisor"
)

//go:embed manifests
var manifests embed.FS

const (
	objectTimeout = 2 * time.Minute // until CoreDNS answers
	objectPoll    = 200 * time.Millisecond
)

// path holds Debian's administration programs: runc, iptables, nft.
const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Plan of the whole cluster, in the order of its start.
func Plan(l Layout) (supervisor.Plan, error) {
	programs, err := lookUp("containerd", "ctr", "docker-registry", "runc", "iptables", "nft")
	if err != nil {
		return supervisor.Plan{}, err
	}
	own := func(name string, ready func(context.Context) error, args ...string) *supervisor.Component {
		return &supervisor.Component{Name: name, Path: l.program(), Args: append([]string{name}, args...), Ready: ready}
	}
	other := func(name, program string, ready func(context.Context) error, args ...string) *supervisor.Component {
		return &supervisor.Component{Name: name, Path: programs[program], Args: append([]string{program}, args...), Ready: ready}
	}
	plain := func(work func() error) func(context.Context) error {
		return func(context.Context) error { return work() }
	}
	do := func(work func(Layout) error) func(context.Context) error {
		return plain(func() error { return work(l) })
	}
	within := func(work func(context.Context, Layout) error) func(context.Context) error {
		return func(ctx context.Context) error { return work(ctx, l) }
	}
	steps := []supervisor.Step{
		{Name: "ports", Do: checkPorts},
		{Name: "files", Do: do(prepareFiles), Undo: do(releaseFiles)},
		{Name: "control groups", Do: plain(makeGroups), Undo: plain(removeGroups)},
		{Name: "network", Do: setUpNetwork, Undo: tearDownNetwork},
		{Component: other("registry", "docker-registry", answers("http://"+registry+"/v2/"), "serve", l.config("registry.yml"))},
		{Component: own("etcd", answers("http://"+etcdClients+"/health"), etcdArgs(l)...)},
		{Component: other("containerd", "containerd", containerdReady(l), "--config", l.config("containerd.toml"))},
		{Name: "pods", Do: within(importPause), Undo: within(stopPods)},
		{Component: own("kube-apiserver", apiServerReady(l), apiServerArgs(l)...)},
		{Component: own("kube-controller-manager", healthy(controllerManagerPort), controllerManagerArgs(l)...)},
		{Component: own("kube-scheduler", healthy(schedulerPort), schedulerArgs(l)...)},
		{
			Component: own("netpol", netpol.Enforced, "--kubeconfig", l.kubeconfig("admin"), "--node-ip", nodeIP),
			Undo:      netpol.Cleanup,
		},
		{
			Component: own("kubelet", answers(fmt.Sprintf("http://%s:%d/healthz", loopback, kubeletHealth)), kubeletArgs(l)...),
		},
		// Healthy once its node exists.
		{
			Component: own("kube-proxy", answers(fmt.Sprintf("http://%s:%d/healthz", loopback, proxyHealth)),
				"--config", l.config("kube-proxy.yaml")),
			Undo: within(removeProxyRules),
		},
		{
			Component: own("provisioner", nil,
				"--kubeconfig", l.kubeconfig("admin"), "--node", nodeName, "--dir", l.state("volumes")),
		},
		{Name: "objects", Do: within(applyManifests)},
		{Name: "node and DNS", Do: within(waitForObjects)},
	}
	return supervisor.Plan{
		Steps: steps, RunDir: l.RunDir(), LogDir: l.LogDir(),
		// Nothing of the user's: a proxy in it would be used for the node's own addresses.
		Env: []string{path, "HOME=" + l.state()},
	}, nil
}

// Interrupted says whether a start was not followed by an orderly stop.
func Interrupted() bool { return bridgeExists() }

func lookUp(names ...string) (map[string]string, error) {
	if err := os.Setenv("PATH", strings.TrimPrefix(path, "PATH=")); err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, name := range names {
		program, err := exec.LookPath(name)
		if err != nil {
			return nil, fmt.Errorf("%s is missing: install Debian's containerd, docker-registry, runc, "+
				"containernetworking-plugins, iptables and nftables", name)
		}
		found[name] = program
	}
	return found, nil
}

func checkPorts(context.Context) error {
	var failures []error
	for address, name := range usedPorts() {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			failures = append(failures, fmt.Errorf("%s cannot listen on %s (%w): stop what does", name, address, err))
			continue
		}
		failures = append(failures, listener.Close())
	}
	return errors.Join(failures...)
}

func prepareFiles(l Layout) error {
	for _, dir := range []string{l.state("volumes"), l.LogDir(), l.RunDir()} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if err := ensurePKI(l); err != nil {
		return fmt.Errorf("certificates: %w", err)
	}
	if err := writeSettings(l); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	for _, name := range []string{"kubectl", "coredns"} {
		link := filepath.Join(l.BinDir, name)
		if err := os.Symlink(filepath.Base(l.program()), link); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return nil
}

// answers says whether a URL of the loopback interface gives status 200.
func answers(url string) func(context.Context) error {
	client := http.Client{Timeout: time.Second, Transport: &http.Transport{
		// The components' own certificates are of no authority, and nothing secret is asked.
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}}
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s", url, response.Status)
		}
		return nil
	}
}

func healthy(port int) func(context.Context) error {
	return answers(fmt.Sprintf("https://%s:%d/healthz", loopback, port))
}

func etcdArgs(l Layout) []string {
	return []string{
		"--name=" + nodeName, "--data-dir=" + l.state("etcd"),
		// A test cluster may lose its last second in a power cut.
		"--unsafe-no-fsync",
		"--listen-client-urls=http://" + etcdClients, "--advertise-client-urls=http://" + etcdClients,
		"--listen-peer-urls=http://" + etcdPeers, "--initial-advertise-peer-urls=http://" + etcdPeers,
		"--initial-cluster=" + nodeName + "=http://" + etcdPeers,
	}
}

func apiServerArgs(l Layout) []string {
	_, port, _ := strings.Cut(apiServer, ":")
	return []string{
		// On every interface: pods reach it at the bridge's address.
		"--secure-port=" + port, "--advertise-address=" + nodeIP,
		"--etcd-servers=http://" + etcdClients, "--service-cluster-ip-range=" + serviceNet,
		"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction", "--allow-privileged=true",
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + l.pki("service-accounts.key"),
		"--service-account-signing-key-file=" + l.pki("service-accounts.key"),
		"--tls-cert-file=" + l.pki("apiserver.crt"), "--tls-private-key-file=" + l.pki("apiserver.key"),
		"--client-ca-file=" + l.pki("ca.crt"),
		"--kubelet-client-certificate=" + l.pki("admin.crt"), "--kubelet-client-key=" + l.pki("admin.key"),
		"--kubelet-certificate-authority=" + l.pki("ca.crt"), "--kubelet-preferred-address-types=InternalIP",
		"--requestheader-client-ca-file=" + l.pki("ca.crt"), "--requestheader-allowed-names=front-proxy",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-", "--requestheader-group-headers=X-Remote-Group",
		"--requestheader-username-headers=X-Remote-User",
		"--proxy-client-cert-file=" + l.pki("front-proxy.crt"), "--proxy-client-key-file=" + l.pki("front-proxy.key"),
	}
}

func controllerManagerArgs(l Layout) []string {
	return append(clientArgs(l.kubeconfig("controller-manager")),
		"--service-account-private-key-file="+l.pki("service-accounts.key"), "--root-ca-file="+l.pki("ca.crt"),
		"--use-service-account-credentials=true",
		"--cluster-signing-cert-file="+l.pki("ca.crt"), "--cluster-signing-key-file="+l.pki("ca.key"))
}

func schedulerArgs(l Layout) []string { return clientArgs(l.kubeconfig("scheduler")) }

// clientArgs are common to the two controllers of the control plane.
func clientArgs(kubeconfig string) []string {
	return []string{
		"--kubeconfig=" + kubeconfig, "--authentication-kubeconfig=" + kubeconfig,
		"--authorization-kubeconfig=" + kubeconfig, "--leader-elect=false", "--bind-address=" + loopback,
	}
}

func kubeletArgs(l Layout) []string {
	return []string{
		"--config=" + l.config("kubelet.yaml"), "--kubeconfig=" + l.kubeconfig("kubelet"),
		"--hostname-override=" + nodeName, "--node-ip=" + nodeIP,
		"--root-dir=" + l.state("kubelet"), "--cert-dir=" + l.state("kubelet-certificates"),
	}
}

func removeProxyRules(ctx context.Context, l Layout) error {
	cleanup := &exec.Cmd{Path: l.program(), Args: []string{"kube-proxy", "--cleanup"}, Env: []string{path}}
	if output, err := cleanup.CombinedOutput(); err != nil {
		return fmt.Errorf("kube-proxy --cleanup: %w: %s", err, output)
	}
	// Made for the kubelet too, so that kube-proxy leaves them.
	const chain = "KUBE-FIREWALL"
	return errors.Join(
		iptables(ctx, []string{"-D", "INPUT", "-j", chain}), iptables(ctx, []string{"-D", "OUTPUT", "-j", chain}),
		iptables(ctx, []string{"-F", chain}), iptables(ctx, []string{"-X", chain}),
	)
}

func applyManifests(ctx context.Context, l Layout) error {
	files, err := manifests.ReadDir("manifests")
	if err != nil {
		return err
	}
	for _, entry := range files {
		text, err := manifests.ReadFile("manifests/" + entry.Name())
		if err != nil {
			return err
		}
		content, err := render(l, entry.Name(), string(text))
		if err != nil {
			return err
		}
		apply := exec.CommandContext(ctx, l.Kubectl(), "--kubeconfig", l.Kubeconfig(),
			"apply", "--server-side", "--force-conflicts", "-f", "-")
		apply.Env = []string{path, "HOME=" + l.state()}
		apply.Stdin = strings.NewReader(content)
		if output, err := apply.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", entry.Name(), err, output)
		}
	}
	return nil
}

func newClient(l Layout) (*kubernetes.Clientset, error) {
	config, err := clientcmd.BuildConfigFromFlags("", l.kubeconfig("admin"))
	if err != nil {
		return nil, err
	}
	config.Timeout = 5 * time.Second
	return kubernetes.NewForConfig(config)
}

func apiServerReady(l Layout) func(context.Context) error {
	return func(ctx context.Context) error {
		client, err := newClient(l)
		if err != nil {
			return err
		}
		return client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
	}
}

// waitForObjects ends when pods can be made that find each other by name.
func waitForObjects(ctx context.Context, l Layout) error {
	client, err := newClient(l)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, objectTimeout)
	defer cancel()
	var missing error
	for {
		err := objectsReady(ctx, client)
		if err == nil {
			return nil
		}
		// The last try may be cut off.
		if ctx.Err() == nil {
			missing = err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not ready after %s: %w", objectTimeout, missing)
		case <-time.After(objectPoll):
		}
	}
}

func objectsReady(ctx context.Context, client kubernetes.Interface) error {
	node, err := client.CoreV1().Nodes().Get(ctx, nodeName, metav1.GetOptions{})
	if err != nil {
		return err
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type == v1.NodeReady && condition.Status != v1.ConditionTrue {
			return fmt.Errorf("node: %s", condition.Message)
		}
	}
	if _, err := client.CoreV1().ServiceAccounts("default").Get(ctx, "default", metav1.GetOptions{}); err != nil {
		return err
	}
	dns, err := client.AppsV1().Deployments("kube-system").Get(ctx, "coredns", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if dns.Status.ObservedGeneration != dns.Generation || dns.Status.UpdatedReplicas == 0 ||
		dns.Status.ReadyReplicas != dns.Status.Replicas {
		return errors.New("CoreDNS is not ready")
	}
	return nil
}
