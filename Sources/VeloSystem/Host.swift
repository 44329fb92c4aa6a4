import Glibc
package import SystemPackage

/// Facts about this machine.
package struct Host: Sendable, Equatable {
    /// As bottle tags spell it: `x86_64`, `arm64`.
    package var architecture: String
    /// `Debian GNU/Linux 12 (bookworm)`
    package var systemName: String
    /// `2.36`; nil where the C library is another one.
    package var glibcVersion: String?
    package var processorCount: Int
    package var isRoot: Bool

    /// `x86_64_linux`
    package var bottleTag: String { "\(architecture)_linux" }

    package static func current() -> Host {
        var names = utsname()
        _ = unsafe uname(&names)
        let machine = text(of: &names.machine)
        return Host(
            architecture: machine == "aarch64" ? "arm64" : machine,
            systemName: systemName(release: (try? FileTree.readText("/etc/os-release")) ?? ""),
            glibcVersion: glibcVersion(),
            processorCount: max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))),
            isRoot: geteuid() == 0)
    }

    /// `PRETTY_NAME` of an `os-release` file.
    static func systemName(release: String) -> String {
        for line in release.split(separator: "\n") where line.hasPrefix("PRETTY_NAME=") {
            return line.dropFirst("PRETTY_NAME=".count).filter { $0 != "\"" }
        }
        return "Linux"
    }

    private static func text<Field>(of field: inout Field) -> String {
        unsafe withUnsafeBytes(of: &field) { unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    private static func glibcVersion() -> String? {
        var bytes = [CChar](repeating: 0, count: 64)
        // `glibc 2.36`
        guard unsafe confstr(Int32(_CS_GNU_LIBC_VERSION), &bytes, bytes.count) > 0 else { return nil }
        let text = String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return text.split(separator: " ").last.map(String.init)
    }

    /// Seconds since 1970.
    package static func now() -> Int { Int(time(nil)) }

    package static func workingFolder() throws(SystemError) -> FilePath {
        guard let path = unsafe getcwd(nil, 0) else { throw SystemError("getcwd", errno: Errno(rawValue: errno)) }
        defer { unsafe free(path) }
        return unsafe FilePath(String(cString: path))
    }
}
