/// `OS`, `Hardware`, `MacOS`, `DevelopmentTools`, `Utils`: what the machine is like.
enum SystemMethods {
    static let os = MethodTable { table in
        table.define("mac?") { call in .bool(call.platform.isMacOS) }
        table.define("linux?") { call in .bool(call.platform.isLinux) }
        table.define("kernel_version") { call in
            .object(VersionObject(PackageVersion(call.interpreter.context.kernelVersion)))
        }
        table.define("kernel_name") { call in
            // Homebrew asks the machine.
            guard let host = call.interpreter.host else { return .text(call.platform.isLinux ? "Linux" : "Darwin") }
            let command = HostCommand(
                .arguments(["uname", "-s"]), purpose: .capture, folder: call.interpreter.folder,
                environment: call.interpreter.environment)
            return .text(TextTrimming.chomp(UTF8Text.string(try host.run(command).output), nil))
        }
    }

    static let glibc = MethodTable { table in
        table.define("system_version", "version", "minimum_version") { call in
            .object(VersionObject(PackageVersion(call.interpreter.context.glibcVersion)))
        }
        table.define("below_minimum_version?", "below_ci_version?", "below_built_version?") { _ in .bool(false) }
    }

    static let macOS = MethodTable { table in
        table.define("version", "full_version") { call in .object(MacOSVersionObject(call.platform.macOSRelease)) }
        table.define("sdk_path", "sdk_path_if_needed", "sdk_root_path") { call in
            guard call.platform.isMacOS else { return .nil }
            return .path("/Library/Developer/CommandLineTools/SDKs/MacOSX.sdk")
        }
        table.define("sdk_root_needed?") { _ in .bool(false) }
        table.define("active_developer_dir") { call in
            .text(call.platform.isMacOS ? "/Library/Developer/CommandLineTools" : "")
        }
        table.define("preferred_perl_version") { _ in .text("5.30") }
        table.define("languages") { _ in .list([.text("en")]) }
        table.define("language") { _ in .text("en") }
        table.define("cat") { call in call.platform.macOSRelease.map { .symbol($0.symbol) } ?? .nil }
    }

    static let xcode = MethodTable { table in
        table.define("installed?", "without_clt?", "default_prefix?") { _ in .bool(false) }
        table.define("version", "latest_version") { call in
            call.platform.isMacOS
                ? .object(VersionObject(PackageVersion("14.2"))) : .object(VersionObject(PackageVersion("")))
        }
        table.define("prefix") { call in
            call.platform.isMacOS ? .path("/Applications/Xcode.app/Contents/Developer") : .nil
        }
        table.define("toolchain_path") { call in
            call.platform.isMacOS
                ? .path("/Applications/Xcode.app/Contents/Developer/Toolchains/XcodeDefault.xctoolchain") : .nil
        }
        table.define("sdk_path") { call in
            call.platform.isMacOS ? .path("/Applications/Xcode.app/Contents/Developer/SDKs/MacOSX.sdk") : .nil
        }
    }

    static let commandLineTools = MethodTable { table in
        table.define("installed?") { call in .bool(call.platform.isMacOS) }
        table.define("separate_header_package?", "provides_sdk?") { call in .bool(call.platform.isMacOS) }
        table.define("version") { call in
            .object(VersionObject(PackageVersion(call.platform.isMacOS ? "14.2.0.0.1.1668646533" : "")))
        }
        table.define("sdk_path") { call in
            call.platform.isMacOS ? .path("/Library/Developer/CommandLineTools/SDKs/MacOSX.sdk") : .nil
        }
    }

    static let developmentTools = MethodTable { table in
        table.define("clang_build_version") { call in
            .object(VersionObject(PackageVersion(call.platform.isMacOS ? "1400" : "")))
        }
        table.define("clang_version") { call in
            .object(VersionObject(PackageVersion(call.platform.isMacOS ? "14.0.0" : "")))
        }
        table.define("gcc_version", "gcc_major_version") { call in
            .object(VersionObject(PackageVersion(call.interpreter.context.compilerVersion)))
        }
        table.define("default_compiler", "default_cc") { call in .symbol(call.platform.isLinux ? "gcc" : "clang") }
        table.define("locate") { call in
            let name = try call.text(0)
            let path =
                call.interpreter.which(name, path: nil) ?? (call.interpreter.performsEffects ? nil : "/usr/bin/\(name)")
            return path.map { .path($0) } ?? .nil
        }
        table.define("installed?") { _ in .bool(true) }
        table.define("ld64_version") { call in
            .object(VersionObject(PackageVersion(call.platform.isMacOS ? "820" : "")))
        }
    }

    static let utils = MethodTable { table in
        table.define("safe_popen_read") { call in
            let result = try FormulaMethods.runChecked(FormulaMethods.command(call.arguments, .capture, call), call)
            return .text(UTF8Text.string(result.output))
        }
        table.define("popen_read", "popen") { call in
            let result = try FormulaMethods.run(FormulaMethods.command(call.arguments, .capture, call), call)
            return .text(UTF8Text.string(result.output))
        }
        table.define("safe_popen_write", "popen_write") { call in
            let stream = OpenFile(path: "")
            _ = try call.yield(.object(stream))
            var command = try FormulaMethods.command(call.arguments, .capture, call)
            command.input = Array(stream.content.utf8)
            let result =
                call.name == "safe_popen_write"
                ? try FormulaMethods.runChecked(command, call) : try FormulaMethods.run(command, call)
            return .text(UTF8Text.string(result.output))
        }
        table.define("git_head") { call in try gitHead(["rev-parse", "--verify", "-q", "HEAD"], call) }
        table.define("git_short_head") { call in
            let length = call.keyword("length")?.integer.map { "--short=\($0)" } ?? "--short"
            return try gitHead(["rev-parse", length, "--verify", "-q", "HEAD"], call)
        }
        table.define("git_branch") { call in try gitHead(["rev-parse", "--abbrev-ref", "HEAD"], call) }
        table.define("compress") { call in
            // Utils::Gzip
            var paths: [String] = []
            for path in try call.texts() {
                let command = try FormulaMethods.command(
                    ["gzip", "--force", "--no-name", "--best", path].map { .text($0) }, .system, call)
                _ = try FormulaMethods.runChecked(command, call)
                paths.append(path + ".gz")
            }
            return .list(paths.map { .path($0) })
        }
        table.define("pluralize") { call in .text(try call.text(0) + (call[1].integer == 1 ? "" : "s")) }
        table.define("demodulize", "underscore", "deconstantize") { call in
            .text(try call.text(0).split(separator: ":").last.map(String.init) ?? "")
        }
    }

    private static func gitHead(_ words: [String], _ call: Call) throws -> Value {
        let command = try FormulaMethods.command((["git"] + words).map { .text($0) }, .capture, call)
        let text = TextTrimming.chomp(UTF8Text.string(try FormulaMethods.run(command, call).output), nil)
        return text.isEmpty ? .nil : .text(text)
    }
}

/// `Hardware` and `Hardware::CPU`
enum HardwareMethods {
    static let hardware = MethodTable { table in
        table.define("oldest_cpu") { call in .symbol(oldestCPU(call)) }
        table.define("cores_as_words") { _ in .text("dual") }
    }

    static let cpu = MethodTable { table in
        table.define("arch") { call in .symbol(architecture(call)) }
        table.define("type") { call in .symbol(call.platform.architecture == .arm64 ? "arm" : "intel") }
        table.define("family") { call in .symbol(call.platform.architecture == .arm64 ? "armv8" : "core") }
        table.define("arm?", "physical_cpu_arm64?", "armv8?") { call in .bool(call.platform.architecture == .arm64) }
        table.define("intel?", "sse2?", "sse3?", "ssse3?", "sse4?", "sse4_1?") { call in
            .bool(call.platform.architecture == .x86_64)
        }
        table.define("is_64_bit?", "little_endian?") { _ in .bool(true) }
        table.define(
            "sse4_2?", "avx?", "avx2?", "aes?", "altivec?", "is_32_bit?", "ppc?", "ppc64le?", "in_rosetta2?",
            "virtualized?", "big_endian?", "feature?", "hyperthreading?"
        ) { _ in
            .bool(false)
        }
        table.define("bits") { _ in .int(64) }
        table.define("cores") { call in .int(call.interpreter.context.makeJobs) }
        table.define("features", "flags") { _ in .list([]) }
        table.define("optimization_flags") { _ in .hash(HashBox()) }
        table.define("arch_flag") { call in .text("-arch \(architecture(call))") }
    }

    static func architecture(_ call: Call) -> String { call.platform.architecture.rawValue }

    /// The processor that bottles are built for.
    static func oldestCPU(_ call: Call) -> String {
        switch (call.platform.architecture, call.platform.system) {
        case (.arm64, .linux): "armv8"
        case (.arm64, .macOS): "arm_vortex_tempest"
        case (.x86_64, .linux): "core2"
        case (.x86_64, .macOS): "nehalem"
        }
    }
}

/// `MacOS.version`: compares with symbols, strings and numbers; on Linux it is less than all.
final class MacOSVersionObject: ObjectBox {
    let release: MacOSRelease?
    init(_ release: MacOSRelease?) { self.release = release }

    override var nativeClassName: String { "MacOS::Version" }
    override var nativeAncestors: [String] { ["MacOS::Version", "Version", "Comparable"] }
    override var nativeMethods: MethodTable { Self.table }
    override var displayText: String { release?.version ?? "" }
    override var implicitText: String? { displayText }
    override func isEqual(to other: Value) -> Bool { order(other) == 0 }

    override func order(_ other: Value) -> Int? {
        guard let release else { return -1 }
        if case .symbol(let name) = other {
            return MacOSRelease(symbol: name).map { (release.order - $0.order).signum() }
        }
        let text: String
        switch other {
        case .string(let box): text = box.text
        case .int(let number): text = String(number)
        case .float(let number): text = NumberText.text(of: number)
        case .object(let object): text = object.displayText
        default: return nil
        }
        return PackageVersion(release.version).order(PackageVersion(text))
    }

    private static let table = MethodTable(including: [ComparableMethods.table]) { table in
        table.define("to_s", "to_str") { call in .text(try call.interpreter.string(of: call.receiver)) }
        table.define("to_sym") { call in .symbol(release(call)?.symbol ?? "dunno") }
        table.define("to_i") { call in .int(NumberText.integer(release(call)?.version ?? "")) }
        table.define("to_f") { call in .float(NumberText.float(release(call)?.version ?? "")) }
        table.define("major", "minor", "patch", "major_minor") { call in
            try call.interpreter.send(.object(VersionObject(PackageVersion(release(call)?.version ?? ""))), call.name)
        }
        table.define("pretty_name") { call in
            .text(
                release(call)?.symbol.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(
                    separator: " ") ?? "")
        }
        table.define("null?") { call in .bool(release(call) == nil) }
        table.define(
            "requires_nehalem_cpu?", "requires_sse4?", "requires_sse41?", "requires_sse42?", "requires_popcnt?"
        ) { call in .bool(release(call).map { $0 >= .mojave } ?? false) }
        table.define("outdated_release?", "prerelease?", "unsupported_release?") { _ in .bool(false) }
    }

    private static func release(_ call: Call) -> MacOSRelease? {
        guard case .object(let object as MacOSVersionObject) = call.receiver else { return nil }
        return object.release
    }
}
