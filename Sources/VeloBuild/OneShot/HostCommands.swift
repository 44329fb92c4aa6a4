package import SystemPackage
import VeloSystem

/// The externals policy: formulae that the host may satisfy for building, and the commands that stand in for each.
///
/// The list as people read it, with its reasons, is `sandbox/externals.md`. Nothing here is ever linked into what is
/// built, and none of it satisfies a dependency that is needed at run time.
package struct HostCommands: Sendable, Equatable {
    /// Formula to commands; all of them have to be there.
    package var policy: [String: [String]]

    package init(policy: [String: [String]] = HostCommands.standard) {
        self.policy = policy
    }

    /// As a configuration has it: `"autoconf": "autoconf autom4te"`.
    package init(text: [String: String]) {
        policy = text.mapValues { $0.split(separator: " ").map(String.init) }
    }

    package static let standard: [String: [String]] = [
        "autoconf": ["autoconf", "autoheader", "autoreconf", "m4"], "automake": ["automake", "aclocal"],
        "libtool": ["libtoolize"], "m4": ["m4"], "make": ["make"], "gpatch": ["patch"], "patchelf": ["patchelf"],
        "cmake": ["cmake", "ctest"], "meson": ["meson"], "ninja": ["ninja"], "scons": ["scons"],
        "pkg-config": ["pkg-config"], "pkgconf": ["pkg-config"], "bison": ["bison"], "flex": ["flex"],
        "gperf": ["gperf"], "re2c": ["re2c"], "help2man": ["help2man"], "texinfo": ["makeinfo"],
        "intltool": ["intltoolize"], "gettext": ["msgfmt", "xgettext"], "itstool": ["itstool"],
        "gcc": ["gcc", "g++"], "gcc@12": ["gcc-12", "g++-12"], "binutils": ["ld", "as"],
        "perl": ["perl"], "python@3.11": ["python3.11"], "python@3.13": ["python3.13"], "ruby": ["ruby", "gem"],
        "rust": ["rustc", "cargo"], "go": ["go"], "node": ["node", "npm"], "openjdk": ["javac"],
        "git": ["git"], "curl": ["curl"], "unzip": ["unzip"], "zip": ["zip"], "xz": ["xz"], "zstd": ["zstd"],
        "bzip2": ["bzip2"], "gzip": ["gzip"], "gnu-tar": ["tar"], "gnu-sed": ["sed"], "gawk": ["gawk"],
        "coreutils": ["install", "realpath"], "findutils": ["find"], "diffutils": ["diff"], "grep": ["grep"],
        "bash": ["bash"], "nasm": ["nasm"], "yasm": ["yasm"],
        "doxygen": ["doxygen"], "swig": ["swig"], "groff": ["groff", "troff"], "file-formula": ["file"],
    ]

    /// The part of the policy that this host can keep: where a command is missing the formula is built like any other.
    package func present(along searchPath: [FilePath] = ["/usr/bin", "/bin"]) -> [String: [String]] {
        policy.filter { entry in
            entry.value.allSatisfy { command in
                searchPath.contains { FileTree.isExecutable($0.appending(command)) }
            }
        }
    }
}
