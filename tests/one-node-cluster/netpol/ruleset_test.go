package netpol

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func pod(namespace, name, ip string) *v1.Pod {
	return &v1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{"app": name}},
		Spec: v1.PodSpec{Containers: []v1.Container{{
			Ports: []v1.ContainerPort{{Name: "http", ContainerPort: 8080, Protocol: v1.ProtocolTCP}},
		}}},
		Status: v1.PodStatus{PodIP: ip, Phase: v1.PodRunning},
	}
}

func namespace(name string) *v1.Namespace {
	return &v1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"name": name}}}
}

func app(name string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{"app": name}}
}

// the policy selects the pod "web" of the namespace "alice".
func policy(spec networkingv1.NetworkPolicySpec) *networkingv1.NetworkPolicy {
	spec.PodSelector = *app("web")
	return &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: "alice", Name: "p"}, Spec: spec}
}

func from(peers []networkingv1.NetworkPolicyPeer, ports ...networkingv1.NetworkPolicyPort) networkingv1.NetworkPolicySpec {
	return networkingv1.NetworkPolicySpec{
		Ingress: []networkingv1.NetworkPolicyIngressRule{{From: peers, Ports: ports}},
	}
}

func to(peers []networkingv1.NetworkPolicyPeer, ports ...networkingv1.NetworkPolicyPort) networkingv1.NetworkPolicySpec {
	return networkingv1.NetworkPolicySpec{
		PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeEgress},
		Egress:      []networkingv1.NetworkPolicyEgressRule{{To: peers, Ports: ports}},
	}
}

func peer(p networkingv1.NetworkPolicyPeer) []networkingv1.NetworkPolicyPeer {
	return []networkingv1.NetworkPolicyPeer{p}
}

func block(cidr string, except ...string) networkingv1.NetworkPolicyPeer {
	return networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: cidr, Except: except}}
}

func port(value intstr.IntOrString) networkingv1.NetworkPolicyPort {
	return networkingv1.NetworkPolicyPort{Port: &value}
}

func TestAllowed(t *testing.T) {
	udp, last := v1.ProtocolUDP, int32(90)
	dns := port(intstr.FromInt32(53))
	dns.Protocol = &udp
	ports := port(intstr.FromInt32(80))
	ports.EndPort = &last

	everything := networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{"Ingress", "Egress"}}
	anyNamespace := networkingv1.NetworkPolicyPeer{NamespaceSelector: &metav1.LabelSelector{}}
	bob := networkingv1.NetworkPolicyPeer{
		NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"name": "bob"}}, PodSelector: app("web"),
	}
	const aliceWeb, aliceDB, bobWeb, bobDB = "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"

	for name, c := range map[string]struct {
		spec networkingv1.NetworkPolicySpec
		in   []string // nil: not restricted
		out  []string
	}{
		"nothing":                  {everything, []string{}, []string{}},
		"anybody":                  {from(nil), []string{""}, nil},
		"egress alone":             {to(nil), nil, []string{""}},
		"a pod of the namespace":   {from(peer(networkingv1.NetworkPolicyPeer{PodSelector: app("db")})), []string{"ip saddr { " + aliceDB + " } "}, nil},
		"a pod of another":         {from(peer(bob)), []string{"ip saddr { " + bobWeb + " } "}, nil},
		"no such pod":              {from(peer(networkingv1.NetworkPolicyPeer{PodSelector: app("none")})), []string{}, nil},
		"every pod":                {from(peer(anyNamespace)), []string{"ip saddr { " + strings.Join([]string{aliceWeb, aliceDB, bobWeb, bobDB}, ", ") + " } "}, nil},
		"a block":                  {from(peer(block("10.1.0.0/16", "10.1.2.0/24"))), []string{"ip saddr 10.1.0.0/16 ip saddr != { 10.1.2.0/24 } "}, nil},
		"an IPv6 block is nobody":  {from(peer(block("::/0"))), []string{}, nil},
		"both families":            {to(append(peer(block("::/0")), block("0.0.0.0/0"))), nil, []string{"ip daddr 0.0.0.0/0 "}},
		"a port":                   {from(nil, port(intstr.FromInt32(80))), []string{"tcp dport 80 "}, nil},
		"a protocol's port":        {to(nil, dns), nil, []string{"udp dport 53 "}},
		"a range":                  {from(nil, ports), []string{"tcp dport 80-90 "}, nil},
		"a protocol":               {from(nil, networkingv1.NetworkPolicyPort{Protocol: &udp}), []string{"meta l4proto udp "}, nil},
		"an own named port":        {from(nil, port(intstr.FromString("http"))), []string{"ip daddr " + aliceWeb + " tcp dport 8080 "}, nil},
		"a peer's named port":      {to(peer(bob), port(intstr.FromString("http"))), nil, []string{"ip daddr { " + bobWeb + " } ip daddr " + bobWeb + " tcp dport 8080 "}},
		"a named port nobody has":  {from(nil, port(intstr.FromString("none"))), []string{}, nil},
		"peers and ports multiply": {from(append(peer(bob), block("10.1.0.0/16")), port(intstr.FromInt32(1)), port(intstr.FromInt32(2))), []string{"ip saddr 10.1.0.0/16 tcp dport 1 ", "ip saddr 10.1.0.0/16 tcp dport 2 ", "ip saddr { " + bobWeb + " } tcp dport 1 ", "ip saddr { " + bobWeb + " } tcp dport 2 "}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			pods := []*v1.Pod{
				pod("alice", "web", aliceWeb), pod("alice", "db", aliceDB), pod("bob", "web", bobWeb), pod("bob", "db", bobDB),
			}
			state := newCluster(pods, []*v1.Namespace{namespace("alice"), namespace("bob")},
				[]*networkingv1.NetworkPolicy{policy(c.spec)})
			for way, want := range map[*direction][]string{&ingress: c.in, &egress: c.out} {
				got, restricted := state.allowed(state.pods[0], *way)
				if restricted != (want != nil) || strings.Join(got, "|") != strings.Join(want, "|") {
					t.Errorf("%s: restricted %t, %q; want %q", way.policyType, restricted, got, want)
				}
				if _, restricted := state.allowed(state.pods[1], *way); restricted {
					t.Errorf("%s: a pod that no policy selects is restricted", way.policyType)
				}
			}
		})
	}
}

func TestPodsOfTheCluster(t *testing.T) {
	old, young := pod("alice", "old", "10.0.0.1"), pod("alice", "young", "10.0.0.1")
	young.CreationTimestamp = metav1.NewTime(time.Unix(1, 0))
	done, waiting, host := pod("alice", "done", "10.0.0.2"), pod("alice", "waiting", ""), pod("alice", "host", "10.0.0.3")
	done.Status.Phase = v1.PodSucceeded
	host.Spec.HostNetwork = true

	got := newCluster([]*v1.Pod{old, young, done, waiting, host}, nil, nil).pods
	if len(got) != 1 || got[0].Name != "young" {
		t.Errorf("pods: %v; want the youngest of the address alone", got)
	}
}

func TestRulesetIsAccepted(t *testing.T) {
	if err := exec.Command("nft", "list", "tables").Run(); err != nil {
		t.Skip("nft cannot be used here:", err)
	}
	spec := from(append(peer(block("0.0.0.0/0", "10.9.0.0/16")), block("::/0")), port(intstr.FromString("http")))
	spec.PolicyTypes = []networkingv1.PolicyType{"Ingress", "Egress"}
	for name, policies := range map[string][]*networkingv1.NetworkPolicy{"none": nil, "one": {policy(spec)}} {
		rules := newCluster([]*v1.Pod{pod("alice", "web", "10.0.0.1")}, []*v1.Namespace{namespace("alice")}, policies).ruleset("10.0.0.9")
		check := exec.Command("nft", "--check", "-f", "-")
		check.Stdin = strings.NewReader(rules)
		if output, err := check.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s\n%s", name, err, output, rules)
		}
	}
}
