import Glibc
package import SystemPackage

/// What this machine says about power, memory and its way to the network: facts, no decisions.
package struct HostConditions: Sendable, Equatable {
    package enum Link: Sendable, Equatable {
        case wired
        case wireless
        /// A phone or modem: often paid for by the byte.
        case mobile
        case virtual
        /// There is no way out.
        case none
    }

    /// Nil where there is no battery to run on.
    package var isOnBattery: Bool?
    /// In bytes; nil when the system does not say.
    package var availableMemory: Int?
    /// The share of the last ten seconds in which some task waited for memory, in percent.
    package var memoryPressure: Double?
    /// The interface that the default route leads through.
    package var interface: String?
    package var link: Link
    /// In megabits a second, as the interface says.
    package var linkSpeed: Int?

    package init(
        isOnBattery: Bool? = nil, availableMemory: Int? = nil, memoryPressure: Double? = nil,
        interface: String? = nil, link: Link = .none, linkSpeed: Int? = nil
    ) {
        self.isOnBattery = isOnBattery
        self.availableMemory = availableMemory
        self.memoryPressure = memoryPressure
        self.interface = interface
        self.link = link
        self.linkSpeed = linkSpeed
    }

    /// Reads them from `/proc` and `/sys` below `root`. What cannot be read is not known. Takes well below a millisecond.
    package static func current(root: FilePath = "/") -> HostConditions {
        var facts = HostConditions()
        facts.isOnBattery = battery(root)
        facts.availableMemory = memory(text("proc/meminfo", root))
        facts.memoryPressure = pressure(text("proc/pressure/memory", root))
        if let interface = defaultInterface(text("proc/net/route", root)) {
            facts.interface = interface
            facts.link = link(interface, root)
            // Virtual interfaces answer with an error or with -1.
            facts.linkSpeed = Int(text("sys/class/net/\(interface)/speed", root).trimmed).flatMap { $0 > 0 ? $0 : nil }
        }
        return facts
    }

    /// True when no charger is online and a battery gives its charge; nil without a battery.
    private static func battery(_ root: FilePath) -> Bool? {
        guard let names = try? FileTree.names(in: root.pushing("sys/class/power_supply")) else { return nil }
        func ask(_ name: String, _ what: String) -> String {
            text("sys/class/power_supply/\(name)/\(what)", root).trimmed
        }
        // The battery of a mouse is none of ours.
        let batteries = names.filter { ask($0, "type") == "Battery" && ask($0, "scope") != "Device" }
        guard !batteries.isEmpty else { return nil }
        if names.contains(where: { ["Mains", "USB"].contains(ask($0, "type")) && ask($0, "online") == "1" }) {
            return false
        }
        return batteries.contains { ask($0, "status") == "Discharging" }
    }

    /// `MemAvailable:   23456789 kB`
    private static func memory(_ text: String) -> Int? {
        for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
            return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
        }
        return nil
    }

    /// `some avg10=0.12 avg60=…`
    private static func pressure(_ text: String) -> Double? {
        for line in text.split(separator: "\n") where line.hasPrefix("some ") {
            for word in line.split(separator: " ") where word.hasPrefix("avg10=") { return Double(word.dropFirst(6)) }
        }
        return nil
    }

    /// The route table has the interface first, then destination and gateway in hexadecimal; zeros lead everywhere.
    private static func defaultInterface(_ text: String) -> String? {
        for line in text.split(separator: "\n").dropFirst() {
            let fields = line.split(whereSeparator: \.isWhitespace)
            if fields.count > 7, fields[1] == "00000000", fields[7] == "00000000" { return String(fields[0]) }
        }
        return nil
    }

    private static func link(_ interface: String, _ root: FilePath) -> Link {
        let folder = root.pushing(FilePath("sys/class/net/\(interface)"))
        for line in text("sys/class/net/\(interface)/uevent", root).split(separator: "\n") {
            if line == "DEVTYPE=wwan" { return .mobile }
            if line == "DEVTYPE=wlan" { return .wireless }
        }
        // Point to point over a modem has no device of its own to ask.
        if interface.hasPrefix("ppp") || interface.hasPrefix("wwan") { return .mobile }
        return FileTree.exists(folder.appending("device")) ? .wired : .virtual
    }

    private static func text(_ path: String, _ root: FilePath) -> String {
        (try? FileTree.readText(root.pushing(FilePath(path)))) ?? ""
    }
}

/// Which start of the machine this is: what was written before another start may have been lost with the power.
package enum HostBoot {
    /// Empty where the system does not say.
    package static func identifier() -> String {
        ((try? FileTree.readText("/proc/sys/kernel/random/boot_id")) ?? "").trimmed
    }
}

extension String {
    fileprivate var trimmed: String { String(drop(while: \.isWhitespace).prefix { !$0.isWhitespace }) }
}
