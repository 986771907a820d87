package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"

	"github.com/vishvananda/netlink"
)

// carrier is a pair of links that keeps the bridge up while no pod is on it.
const (
	carrier     = bridge + "0"
	carrierPeer = bridge + "1"
)

// setUpNetwork makes the pods' bridge, whose address is the node's.
func setUpNetwork(ctx context.Context) error {
	if err := addLink(&netlink.Bridge{LinkAttrs: named(bridge)}); err != nil {
		return err
	}
	link, err := netlink.LinkByName(bridge)
	if err != nil {
		return err
	}
	_, subnet, err := net.ParseCIDR(podSubnet)
	if err != nil {
		return err
	}
	address := &netlink.Addr{IPNet: &net.IPNet{IP: net.ParseIP(nodeIP), Mask: subnet.Mask}}
	if err := netlink.AddrReplace(link, address); err != nil {
		return fmt.Errorf("%s on %s: %w", address, bridge, err)
	}
	pair := &netlink.Veth{LinkAttrs: named(carrier), PeerName: carrierPeer}
	if err := addLink(pair); err != nil {
		return err
	}
	if err := netlink.LinkSetMaster(pair, link); err != nil {
		return err
	}
	for _, name := range []string{bridge, carrier, carrierPeer} {
		if err := setUp(name); err != nil {
			return err
		}
	}
	if err := setKernel(ctx); err != nil {
		return err
	}
	return forwarding(ctx, true)
}

// tearDownNetwork removes what setUpNetwork made; the kernel's settings stay, since Docker uses them too.
func tearDownNetwork(ctx context.Context) error {
	failures := []error{forwarding(ctx, false)}
	for _, name := range []string{carrier, bridge} {
		link, err := netlink.LinkByName(name)
		if err == nil {
			err = netlink.LinkDel(link)
		} else if errors.As(err, &netlink.LinkNotFoundError{}) {
			err = nil
		}
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

// bridgeExists says whether a start was not followed by a stop.
func bridgeExists() bool {
	_, err := netlink.LinkByName(bridge)
	return err == nil
}

func named(name string) netlink.LinkAttrs {
	attributes := netlink.NewLinkAttrs()
	attributes.Name = name
	return attributes
}

func addLink(link netlink.Link) error {
	if err := netlink.LinkAdd(link); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("link %s: %w", link.Attrs().Name, err)
	}
	return nil
}

func setUp(name string) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(link)
}

func setKernel(ctx context.Context) error {
	const bridgeSetting = "/proc/sys/net/bridge/bridge-nf-call-iptables"
	if _, err := os.Stat(bridgeSetting); err != nil {
		if output, err := exec.CommandContext(ctx, "modprobe", "br_netfilter").CombinedOutput(); err != nil {
			return fmt.Errorf("modprobe br_netfilter: %w: %s", err, output)
		}
	}
	for _, path := range []string{bridgeSetting, "/proc/sys/net/ipv4/ip_forward"} {
		if err := enable(path); err != nil {
			return err
		}
	}
	return nil
}

// enable writes only what is not so yet: in some containers the settings can be read alone.
func enable(path string) error {
	content, err := os.ReadFile(path)
	if err != nil || strings.TrimSpace(string(content)) == "1" {
		return err
	}
	return os.WriteFile(path, []byte("1"), 0o644)
}

// forwarding lets the pods' packets pass, or no more: Docker drops what it does not know.
func forwarding(ctx context.Context, wanted bool) error {
	for _, way := range []string{"-i", "-o"} {
		rule := []string{"FORWARD", way, bridge, "-j", "ACCEPT"}
		exists := iptables(ctx, append([]string{"-C"}, rule...)) == nil
		if exists == wanted {
			continue
		}
		action := "-I"
		if !wanted {
			action = "-D"
		}
		if err := iptables(ctx, append([]string{action}, rule...)); err != nil {
			return err
		}
	}
	return nil
}

func iptables(ctx context.Context, args []string) error {
	args = append([]string{"-w"}, args...)
	if output, err := exec.CommandContext(ctx, "iptables", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("iptables %s: %w: %s", strings.Join(args, " "), err, output)
	}
	return nil
}
