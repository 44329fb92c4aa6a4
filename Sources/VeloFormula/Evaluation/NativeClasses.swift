/// The classes and modules that the language brings, by full name.
enum NativeClasses {
    static let all: [String: NativeClass] = {
        var classes: [String: NativeClass] = [:]
        for type in values + language + system + library + exceptions { classes[type.name] = type }
        return classes
    }()

    private static let values: [NativeClass] = [
        NativeClass(name: "Object", superclass: nil),
        NativeClass(name: "BasicObject", superclass: nil),
        NativeClass(name: "Kernel", superclass: nil, isModule: true, statics: KernelMethods.table),
        NativeClass(name: "Comparable", isModule: true, instance: ComparableMethods.table),
        NativeClass(name: "Enumerable", isModule: true, instance: EnumerableMethods.table),
        NativeClass(name: "Class", statics: Constructors.classes),
        NativeClass(name: "Module", statics: Constructors.classes),
        NativeClass(name: "NilClass"), NativeClass(name: "TrueClass"), NativeClass(name: "FalseClass"),
        NativeClass(name: "Numeric"),
        NativeClass(name: "Integer", superclass: "Numeric"),
        NativeClass(name: "Float", superclass: "Numeric"),
        NativeClass(name: "String", statics: Constructors.string),
        NativeClass(name: "Symbol"),
        NativeClass(name: "Array", statics: Constructors.array),
        NativeClass(name: "Hash", statics: Constructors.hash),
        NativeClass(name: "Range", statics: Constructors.range),
        NativeClass(name: "Regexp", statics: RegexpMethods.statics),
        NativeClass(name: "MatchData"),
        NativeClass(name: "Proc", statics: Constructors.proc),
        NativeClass(name: "Method"), NativeClass(name: "Enumerator"),
        NativeClass(name: "Set", statics: Constructors.set),
        NativeClass(name: "Struct", instance: StructMethods.instance, statics: StructMethods.statics),
        NativeClass(name: "OpenStruct", statics: Constructors.openStruct),
        NativeClass(name: "Version", statics: VersionObject.statics),
        NativeClass(name: "HeadVersion", superclass: "Version", statics: VersionObject.statics),
        NativeClass(name: "PkgVersion", statics: VersionObject.statics),
        NativeClass(name: "Version::Token"),
        NativeClass(name: "Pathname", statics: Constructors.pathname),
        NativeClass(name: "Time", statics: TimeObject.statics),
        NativeClass(name: "Date", statics: TimeObject.statics),
        NativeClass(name: "DateTime", superclass: "Time", statics: TimeObject.statics),
    ]

    private static let language: [NativeClass] =
        [
            NativeClass(name: "Formula", instance: FormulaMethods.table, statics: FormulaStanzas.table),
            NativeClass(name: "Resource", statics: Constructors.resource),
            NativeClass(name: "Requirement", statics: RequirementRules.statics),
            NativeClass(name: "Dependency"), NativeClass(name: "SoftwareSpec"),
            NativeClass(name: "Language", isModule: true),
            NativeClass(name: "Language::Python", isModule: true, statics: LanguageMethods.python),
            NativeClass(name: "Language::Python::Virtualenv", isModule: true, instance: VirtualenvMethods.table),
            NativeClass(
                name: "Language::Python::Shebang", isModule: true, instance: LanguageMethods.shebang,
                statics: LanguageMethods.shebang),
            NativeClass(name: "Language::Java", isModule: true, statics: LanguageMethods.java),
            NativeClass(name: "Language::Node", isModule: true, statics: LanguageMethods.node),
            NativeClass(
                name: "Language::Node::Shebang", isModule: true, instance: LanguageMethods.shebang,
                statics: LanguageMethods.shebang),
            NativeClass(name: "Language::Perl", isModule: true),
            NativeClass(
                name: "Language::Perl::Shebang", isModule: true, instance: LanguageMethods.shebang,
                statics: LanguageMethods.shebang),
            NativeClass(name: "Language::Go", isModule: true, statics: LanguageMethods.go),
            NativeClass(name: "Utils", isModule: true, statics: SystemMethods.utils),
            NativeClass(
                name: "Utils::Shell", isModule: true, instance: ShellMethods.table, statics: ShellMethods.table),
            NativeClass(name: "Utils::Gzip", isModule: true, statics: SystemMethods.utils),
            NativeClass(
                name: "Utils::Shebang", isModule: true, instance: FormulaMethods.edits, statics: FormulaMethods.edits),
            NativeClass(
                name: "Utils::Inreplace", isModule: true, instance: FormulaMethods.edits, statics: FormulaMethods.edits),
            NativeClass(name: "Superenv", isModule: true, statics: SmallModules.superenv),
            NativeClass(name: "Formatter", isModule: true, statics: SmallModules.formatter),
            NativeClass(name: "Stdenv", isModule: true), NativeClass(name: "Homebrew", isModule: true),
            NativeClass(name: "OnSystem", isModule: true),
        ] + strategies.map { NativeClass(name: $0, superclass: "AbstractDownloadStrategy") }
        + [NativeClass(name: "AbstractDownloadStrategy")]

    private static let strategies = [
        "CurlDownloadStrategy", "CurlApacheMirrorDownloadStrategy", "CurlPostDownloadStrategy", "GitDownloadStrategy",
        "GitHubGitDownloadStrategy", "SubversionDownloadStrategy", "MercurialDownloadStrategy", "CVSDownloadStrategy",
        "BazaarDownloadStrategy", "FossilDownloadStrategy", "NoUnzipCurlDownloadStrategy", "VCSDownloadStrategy",
        "AbstractFileDownloadStrategy", "CurlGitHubPackagesDownloadStrategy", "HomebrewCurlDownloadStrategy",
    ]

    private static let system: [NativeClass] = [
        NativeClass(name: "OS", isModule: true, statics: SystemMethods.os),
        NativeClass(name: "OS::Linux", isModule: true, statics: SystemMethods.os),
        NativeClass(name: "OS::Linux::Glibc", isModule: true, statics: SystemMethods.glibc),
        NativeClass(name: "OS::Linux::LibstdcxxX", isModule: true),
        NativeClass(name: "OS::Mac", isModule: true, statics: SystemMethods.macOS),
        NativeClass(name: "MacOS", isModule: true, statics: SystemMethods.macOS),
        NativeClass(name: "MacOS::Version"),
        NativeClass(name: "MacOS::Xcode", isModule: true, statics: SystemMethods.xcode),
        NativeClass(name: "MacOS::CLT", isModule: true, statics: SystemMethods.commandLineTools),
        NativeClass(name: "Hardware", isModule: true, statics: HardwareMethods.hardware),
        NativeClass(name: "Hardware::CPU", isModule: true, statics: HardwareMethods.cpu),
        NativeClass(name: "DevelopmentTools", isModule: true, statics: SystemMethods.developmentTools),
        NativeClass(name: "MachO", isModule: true), NativeClass(name: "MachO::Tools", isModule: true),
        NativeClass(name: "Keg", statics: SmallModules.none),
    ]

    private static let library: [NativeClass] = [
        NativeClass(name: "File", superclass: "IO", statics: FileMethods.statics),
        NativeClass(name: "Dir", statics: FileMethods.dirStatics),
        NativeClass(name: "IO", statics: ProcessMethods.io),
        NativeClass(
            name: "FileUtils", isModule: true, instance: FileUtilsMethods.table, statics: FileUtilsMethods.table),
        NativeClass(name: "Process", isModule: true, statics: ProcessMethods.process),
        NativeClass(name: "Open3", isModule: true, statics: ProcessMethods.open3),
        NativeClass(name: "PTY", isModule: true, statics: ProcessMethods.pty),
        NativeClass(name: "TCPServer", statics: SocketMethods.server),
        NativeClass(name: "JSON", isModule: true, statics: JSONText.statics),
        NativeClass(name: "Digest", isModule: true),
        NativeClass(name: "Digest::SHA256", statics: SHA256Text.statics),
        NativeClass(name: "Digest::SHA2", statics: SHA256Text.statics),
        NativeClass(name: "Base64", isModule: true, statics: Base64Text.statics),
        NativeClass(name: "Shellwords", isModule: true, statics: SmallModules.shellwords),
        NativeClass(name: "SecureRandom", isModule: true, statics: SmallModules.secureRandom),
        NativeClass(name: "Etc", isModule: true, statics: SmallModules.etc),
        NativeClass(name: "Timeout", isModule: true, statics: SmallModules.timeout),
        NativeClass(name: "Tempfile", superclass: "File", statics: SmallModules.tempfile),
        NativeClass(name: "StringIO", statics: SmallModules.stringIO),
        NativeClass(name: "URI", isModule: true, statics: SmallModules.uri),
        NativeClass(name: "Math", isModule: true, statics: SmallModules.math),
        NativeClass(name: "RbConfig", isModule: true, statics: SmallModules.rubyConfig),
        NativeClass(name: "Gem", isModule: true, statics: SmallModules.gem),
        NativeClass(name: "Signal", isModule: true),
    ]

    private static let exceptions: [NativeClass] = {
        var list = [
            NativeClass(name: "Exception", instance: ExceptionMethods.table, statics: ExceptionMethods.statics)
        ]
        for (parent, children) in ExceptionMethods.hierarchy {
            list += children.map {
                NativeClass(
                    name: $0, superclass: parent, instance: ExceptionMethods.table, statics: ExceptionMethods.statics)
            }
        }
        return list
    }()
}
