# packages.sh: Debian packages that simul needs, and their installation. Sourced by run and test.
#
# Nothing is asked and nothing that is there is touched. An optional package that cannot be had turns a feature off; the
# build says which.

packages_to_build="gcc g++ make cmake pkg-config libc6-dev libhwloc-dev libbenchmark-dev libjansson-dev"
packages_of_features="gnuplot-nox fonts-dejavu-core libuv1-dev liburing-dev libhttp-parser-dev hwloc-nox"
packages_of_peers="libboost-context-dev libboost-fiber-dev libpth-dev golang-go"
packages_to_test="libcmocka-dev valgrind clang libbenchmark-tools python3 python3-numpy python3-scipy \
gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user spin parallel mandoc chromium chromium-driver" # the browser: 100 MB to fetch, 330 MB on disk, under a minute
# Their servers are started by tests, by hand and on loopback. Installing them starts and enables them on a machine with
# services of its own, which nobody has asked for: they come only where there are none, as in a container or a CI root.
packages_to_test_as_servers="openssh-server munge slurmctld slurmd slurm-client slurm-wlm-basic-plugins"
if [ ! -d /run/systemd/system ] && [ -x /usr/sbin/policy-rc.d ]; then
	packages_to_test="$packages_to_test $packages_to_test_as_servers"
fi

# Prints those of the named packages that are not installed.
packages_missing() {
	for package in "$@"; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
	done
}

# apt-get as root, or through sudo, which asks for a password on a terminal only.
packages_apt() {
	if [ "$(id -u)" -eq 0 ]; then
		as_root=
	elif ! command -v sudo >/dev/null 2>&1; then
		echo "neither root nor sudo" >&2
		return 1
	elif [ -t 0 ]; then
		as_root=sudo
	else
		as_root="sudo -n"
	fi
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@" </dev/null
}

# packages_install WHETHER PACKAGE...: installs what is missing. WHETHER is "required" or "optional".
packages_install() {
	whether=$1
	shift
	if ! command -v dpkg-query >/dev/null 2>&1; then
		echo "This is no Debian system: packages are not installed. Needed: $*" >&2
		return 0
	fi
	missing=$(packages_missing "$@" | tr '\n' ' ')
	if [ -z "$missing" ]; then
		echo "Packages ($whether): all there, nothing installed."
		return 0
	fi
	echo "Packages ($whether): installing $missing"
	packages_log=$(mktemp "${TMPDIR:-/tmp}/simul-packages.XXXXXX")
	if packages_apt update >"$packages_log" 2>&1 && packages_get $missing; then
		rm -f "$packages_log"
		return 0
	fi
	# One that cannot be had must not keep the other optional ones away.
	if [ "$whether" = optional ]; then
		for package in $missing; do packages_get "$package" || echo "Left out: $package" >&2; done
	fi
	tail -n 5 "$packages_log" >&2
	echo "Could not install all of: $missing(whole log: $packages_log). As root: apt-get install $missing" >&2
	[ "$whether" = optional ]
}

packages_get() {
	packages_apt install --no-install-recommends -y "$@" >>"$packages_log" 2>&1
}
