package node

import (
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

// settings are the files that components read; the templates see the values of settingsOf.
var settings = map[string]string{
	"registry.yml": `version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: "{{.State}}/registry"}, delete: {enabled: true}}
http: {addr: "{{.Registry}}"}
`,
	// Debian's containerd, apart from Docker's: own socket, own images.
	"containerd.toml": `version = 2
root = "{{.State}}/containerd"
state = "{{.Run}}/containerd"
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.internal.v1.opt",
  "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing",
]
[grpc]
  address = "{{.Run}}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{{.PauseImage}}"
  # Needed where CAP_SYS_RESOURCE is missing, as in a container.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{{.Config}}/cni"
`,
	"cni/10-bridge.conflist": `{"cniVersion": "0.4.0", "name": "muster-test", "plugins": [
  {"type": "bridge", "bridge": "{{.Bridge}}", "isGateway": true, "isDefaultGateway": true, "ipMasq": true,
   "hairpinMode": true, "ipam": {"type": "host-local", "dataDir": "{{.State}}/addresses", "ranges": [
     [{"subnet": "{{.PodSubnet}}", "rangeStart": "{{.FirstPodIP}}", "gateway": "{{.NodeIP}}"}]]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
`,
	"kubelet.yaml": `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
# Runs on cgroup v1 too.
failCgroupV1: false
failSwapOn: false
cgroupDriver: cgroupfs
cgroupRoot: {{.CgroupRoot}}
containerRuntimeEndpoint: unix://{{.Run}}/containerd.sock
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: "{{.PKI}}/ca.crt"}
authorization: {mode: Webhook}
tlsCertFile: {{.PKI}}/kubelet-server.crt
tlsPrivateKeyFile: {{.PKI}}/kubelet-server.key
address: {{.NodeIP}}
port: {{.KubeletPort}}
healthzPort: {{.KubeletHealth}}
clusterDNS: ["{{.DNSService}}"]
clusterDomain: cluster.local
resolvConf: /etc/resolv.conf
podLogsDir: {{.Log}}/pods
# A developer's disk is often nearly full; the tests' images must stay.
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%, nodefs.inodesFree: 1%}
imageGCHighThresholdPercent: 100
serializeImagePulls: false
nodeStatusUpdateFrequency: 5s
syncFrequency: 10s
# Rules of the kubelet's own would stay in the kernel; those that kube-proxy needs it makes itself.
makeIPTablesUtilChains: false
`,
	"kube-proxy.yaml": `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clientConnection: {kubeconfig: "{{.PKI}}/proxy.kubeconfig"}
clusterCIDR: {{.PodSubnet}}
hostnameOverride: {{.Node}}
# The machine's connection tracking stays as it is.
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
iptables: {localhostNodePorts: true, minSyncPeriod: 100ms, syncPeriod: 30s}
metricsBindAddress: {{.Loopback}}:{{.ProxyMetrics}}
healthzBindAddress: {{.Loopback}}:{{.ProxyHealth}}
`,
}

func settingsOf(l Layout) map[string]any {
	return map[string]any{
		"Bin": l.BinDir, "State": l.state(), "Run": l.RunDir(), "Log": l.LogDir(),
		"Config": strings.TrimSuffix(l.config(""), "/"), "PKI": strings.TrimSuffix(l.pki(""), "/"),
		"Node": nodeName, "NodeIP": nodeIP, "Bridge": bridge, "PodSubnet": podSubnet, "FirstPodIP": firstPodIP,
		"DNSService": dnsService, "Loopback": loopback, "Registry": registry, "PauseImage": pauseImage, "CgroupRoot": cgroupRoot,
		"KubeletPort": kubeletPort, "KubeletHealth": kubeletHealth,
		"ProxyHealth": proxyHealth, "ProxyMetrics": proxyMetrics,
	}
}

func writeSettings(l Layout) error {
	for name, text := range settings {
		content, err := render(l, name, text)
		if err != nil {
			return err
		}
		path := l.config(name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func render(l Layout, name, text string) (string, error) {
	parsed, err := template.New(name).Option("missingkey=error").Parse(text)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	err = parsed.Execute(&out, settingsOf(l))
	return out.String(), err
}
