// Package netpol enforces networking.k8s.io/v1 NetworkPolicy on one IPv4 node by an nftables table.
package netpol

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Table is the nftables table that holds every rule.
const Table = "muster-test-netpol"

// cluster is what the rules are made from.
type cluster struct {
	pods       []*v1.Pod             // with an address of their own, each address once
	namespaces map[string]labels.Set // their labels
	policies   []*networkingv1.NetworkPolicy
}

// direction is one of the two ways that a policy restricts.
type direction struct {
	policyType networkingv1.PolicyType
	chain      string // prefix of the chains' names
	own, peer  string // which address is the pod's, which the other side's
}

var (
	ingress = direction{networkingv1.PolicyTypeIngress, "in", "daddr", "saddr"}
	egress  = direction{networkingv1.PolicyTypeEgress, "out", "saddr", "daddr"}
)

// ruleset gives the nftables program that replaces the table as a whole. A pod that no policy selects has no chain;
// one that a policy selects has a chain of what is allowed, which ends in a drop. Traffic from the node itself, as of
// probes, is always let in.
func (c cluster) ruleset(nodeIP string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "table inet %[1]s\ndelete table inet %[1]s\ntable inet %[1]s {\n", Table)
	var toPods, fromPods []string
	for _, pod := range c.pods {
		for _, way := range []direction{egress, ingress} {
			allowed, restricted := c.allowed(pod, way)
			if !restricted {
				continue
			}
			chain := way.chain + "-" + strings.ReplaceAll(pod.Status.PodIP, ".", "-")
			fmt.Fprintf(&out, "  chain %s { # %s/%s\n", chain, pod.Namespace, pod.Name)
			for _, match := range allowed {
				fmt.Fprintf(&out, "    %sreturn\n", match)
			}
			out.WriteString("    drop\n  }\n")
			verdict := fmt.Sprintf("%s : jump %s", pod.Status.PodIP, chain)
			if way == ingress {
				toPods = append(toPods, verdict)
			} else {
				fromPods = append(fromPods, verdict)
			}
		}
	}
	// Between pods and beyond the node; the policies come before kube-proxy's and Docker's own filters.
	hook(&out, "forward", verdicts("ip saddr", fromPods), verdicts("ip saddr != "+nodeIP+" ip daddr", toPods))
	hook(&out, "input", verdicts("ip saddr", fromPods))
	out.WriteString("}\n")
	return out.String()
}

func hook(out *strings.Builder, name string, rules ...string) {
	fmt.Fprintf(out, "  chain %[1]s {\n    type filter hook %[1]s priority filter - 5; policy accept;\n", name)
	out.WriteString("    ct state established,related accept\n")
	for _, rule := range rules {
		out.WriteString(rule)
	}
	out.WriteString("  }\n")
}

func verdicts(key string, elements []string) string {
	if len(elements) == 0 {
		return ""
	}
	return fmt.Sprintf("    %s vmap { %s }\n", key, strings.Join(elements, ", "))
}

// allowed gives the matches of what the policies let through to or from a pod, and whether any policy restricts it.
func (c cluster) allowed(pod *v1.Pod, way direction) (matches []string, restricted bool) {
	for _, policy := range c.policies {
		if policy.Namespace != pod.Namespace || !selects(&policy.Spec.PodSelector, pod.Labels) ||
			!slices.Contains(policyTypes(policy.Spec), way.policyType) {
			continue
		}
		restricted = true
		if way == ingress {
			for _, rule := range policy.Spec.Ingress {
				peers, _ := c.peers(policy.Namespace, rule.From, way)
				matches = append(matches, product(peers, portMatches(rule.Ports, []*v1.Pod{pod}))...)
			}
			continue
		}
		for _, rule := range policy.Spec.Egress {
			peers, pods := c.peers(policy.Namespace, rule.To, way)
			matches = append(matches, product(peers, portMatches(rule.Ports, pods))...)
		}
	}
	return matches, restricted
}

// policyTypes are the declared ones, or the default: ingress, and egress where there are rules for it.
func policyTypes(spec networkingv1.NetworkPolicySpec) []networkingv1.PolicyType {
	switch {
	case len(spec.PolicyTypes) > 0:
		return spec.PolicyTypes
	case len(spec.Egress) > 0:
		return []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress}
	default:
		return []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
	}
}

// peers gives matches of the other side's address, and the pods among them, in which named ports are looked up.
// No match at all means nobody; an empty match is anybody.
func (c cluster) peers(
	namespace string, peers []networkingv1.NetworkPolicyPeer, way direction,
) (matches []string, pods []*v1.Pod) {
	if len(peers) == 0 {
		return []string{""}, c.pods
	}
	for _, peer := range peers {
		if peer.IPBlock != nil {
			matches = append(matches, blockMatch(peer.IPBlock, way)...)
			continue
		}
		for _, pod := range c.pods {
			if c.isPeer(pod, namespace, peer) {
				pods = append(pods, pod)
			}
		}
	}
	if len(pods) > 0 {
		matches = append(matches, fmt.Sprintf("ip %s { %s } ", way.peer, strings.Join(addresses(pods), ", ")))
	}
	return matches, pods
}

func (c cluster) isPeer(pod *v1.Pod, namespace string, peer networkingv1.NetworkPolicyPeer) bool {
	if peer.NamespaceSelector == nil {
		if pod.Namespace != namespace {
			return false
		}
	} else if !selects(peer.NamespaceSelector, c.namespaces[pod.Namespace]) {
		return false
	}
	return peer.PodSelector == nil || selects(peer.PodSelector, pod.Labels)
}

func addresses(pods []*v1.Pod) []string {
	var ips []string
	for _, pod := range pods {
		ips = append(ips, pod.Status.PodIP)
	}
	slices.Sort(ips)
	return slices.Compact(ips)
}

// blockMatch gives no match for an IPv6 block: this cluster has no such address.
func blockMatch(block *networkingv1.IPBlock, way direction) []string {
	if !isIPv4(block.CIDR) {
		return nil
	}
	match := fmt.Sprintf("ip %s %s ", way.peer, block.CIDR)
	if len(block.Except) > 0 {
		match += fmt.Sprintf("ip %s != { %s } ", way.peer, strings.Join(block.Except, ", "))
	}
	return []string{match}
}

func isIPv4(cidr string) bool {
	prefix, err := netip.ParsePrefix(cidr)
	return err == nil && prefix.Addr().Is4()
}

// portMatches gives matches of the destination's port; an empty one is any port.
func portMatches(ports []networkingv1.NetworkPolicyPort, destinations []*v1.Pod) (matches []string) {
	if len(ports) == 0 {
		return []string{""}
	}
	for _, port := range ports {
		protocol := v1.ProtocolTCP
		if port.Protocol != nil {
			protocol = *port.Protocol
		}
		keyword := strings.ToLower(string(protocol))
		switch {
		case port.Port == nil:
			matches = append(matches, "meta l4proto "+keyword+" ")
		case port.Port.StrVal != "":
			for _, pod := range destinations {
				for _, number := range namedPorts(pod, port.Port.StrVal, protocol) {
					matches = append(matches, fmt.Sprintf("ip daddr %s %s dport %d ", pod.Status.PodIP, keyword, number))
				}
			}
		case port.EndPort != nil:
			matches = append(matches, fmt.Sprintf("%s dport %d-%d ", keyword, port.Port.IntVal, *port.EndPort))
		default:
			matches = append(matches, fmt.Sprintf("%s dport %d ", keyword, port.Port.IntVal))
		}
	}
	return matches
}

func namedPorts(pod *v1.Pod, name string, protocol v1.Protocol) (numbers []int32) {
	for _, container := range pod.Spec.Containers {
		for _, port := range container.Ports {
			if port.Name == name && port.Protocol == protocol {
				numbers = append(numbers, port.ContainerPort)
			}
		}
	}
	return numbers
}

func product(left, right []string) (all []string) {
	for _, l := range left {
		for _, r := range right {
			all = append(all, l+r)
		}
	}
	return all
}

func selects(selector *metav1.LabelSelector, set labels.Set) bool {
	compiled, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && compiled.Matches(set)
}
