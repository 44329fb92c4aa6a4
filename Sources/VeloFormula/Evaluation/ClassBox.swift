/// An object: an instance of a class that the formula defines, or, in subclasses, of one that the language brings.
class ObjectBox {
    /// The class that the file defines, if any.
    var userClass: ClassBox?
    var variables: [String: Value] = [:]
    /// Methods that only this object has.
    var singleton: ClassBox?

    init(userClass: ClassBox? = nil) { self.userClass = userClass }

    /// The name of the class in the language.
    var nativeClassName: String { "Object" }
    /// What the class brings.
    var nativeMethods: MethodTable { .empty }
    /// What stands for the object where a string is wanted (`to_str`).
    var implicitText: String? { nil }
    /// What `to_s` says, unless the file defines it.
    var displayText: String { "#<\(userClass?.name ?? nativeClassName)>" }
    var hashKey: HashKey { .identity(ObjectIdentifier(self)) }
    func isEqual(to other: Value) -> Bool {
        guard case .object(let object) = other else { return false }
        return object === self || (object.hashKey == hashKey)
    }
    /// Comparison for `<=>`; nil where there is none.
    func order(_ other: Value) -> Int? { nil }
    /// The class's own table of classes is searched by this name for `is_a?`.
    var nativeAncestors: [String] { [nativeClassName] }
}

/// A method that Swift implements.
///
/// A struct around the function, because a bare one would be wrapped again and again on its way through a dictionary.
struct NativeMethod: Sendable {
    let body: @Sendable (Call) throws -> Value

    func callAsFunction(_ call: Call) throws -> Value { try body(call) }
}

/// Native methods by name. Later ones replace earlier ones.
struct MethodTable: Sendable {
    private(set) var entries: [String: NativeMethod] = [:]

    static let empty = MethodTable()

    init() {}

    init(_ fill: (inout MethodTable) -> Void) { fill(&self) }

    init(including others: [MethodTable], _ fill: (inout MethodTable) -> Void) {
        for other in others { entries.merge(other.entries) { _, new in new } }
        fill(&self)
    }

    subscript(name: String) -> NativeMethod? { entries[name] }

    mutating func define(_ names: String..., body: @escaping @Sendable (Call) throws -> Value) {
        for name in names { entries[name] = NativeMethod(body: body) }
    }
}

/// How a method was defined in the file.
enum MethodEntry {
    case code(MethodNode, LexicalScope)
    case proc(ProcBox)
    case reader(String)
    case writer(String)
    case native(NativeMethod)
    case undefined
}

/// A class or module: one that the file defines, or a stand-in for one that the language brings.
final class ClassBox: ObjectBox {
    let name: String
    let isModule: Bool
    let superclass: ClassBox?
    /// What the language brings for it.
    let native: NativeClass?
    var methods: [String: MethodEntry] = [:]
    var classMethods: [String: MethodEntry] = [:]
    var constants: [String: Value] = [:]
    var classVariables: [String: Value] = [:]
    var included: [ClassBox] = []
    var extended: [ClassBox] = []
    /// `module_function` was said without names.
    var definesModuleFunctions = false
    /// The formula that this class draws up, for the class in the file that is the formula.
    var draft: FormulaDraft?

    init(name: String, isModule: Bool = false, superclass: ClassBox? = nil, native: NativeClass? = nil) {
        self.name = name
        self.isModule = isModule
        self.superclass = superclass
        self.native = native
        super.init()
    }

    override var nativeClassName: String { isModule ? "Module" : "Class" }
    override var displayText: String { name }

    /// The class, what it includes (latest first), and so on up.
    var ancestors: [ClassBox] {
        var list: [ClassBox] = []
        var next: ClassBox? = self
        while let current = next {
            list.append(current)
            for module in current.included.reversed() {
                for ancestor in module.ancestors where !list.contains(where: { $0 === ancestor }) {
                    list.append(ancestor)
                }
            }
            next = current.superclass
        }
        return list
    }

    func isKind(of other: ClassBox) -> Bool {
        ancestors.contains { $0 === other || ($0.native != nil && $0.name == other.name) }
    }

    /// Lets go of everything, so that classes and the code in them no longer hold one another.
    func dismantle() {
        let known = constants
        methods = [:]
        classMethods = [:]
        constants = [:]
        classVariables = [:]
        variables = [:]
        included = []
        extended = []
        draft = nil
        singleton?.dismantle()
        for case .type(let type) in known.values where type !== self { type.dismantle() }
    }

    /// The names of all classes above and including this one.
    func hasAncestor(named name: String) -> Bool {
        var next: ClassBox? = self
        while let current = next {
            if current.name == name || current.native?.ancestors.contains(name) ?? false { return true }
            if current.included.contains(where: { $0.hasAncestor(named: name) }) { return true }
            next = current.superclass
        }
        return false
    }

    /// The draft of this class or of the nearest one above it.
    var nearestDraft: FormulaDraft? { draft ?? superclass?.nearestDraft }
}

/// A class or module that the language brings: its name, its ancestors and its methods.
struct NativeClass: Sendable {
    let name: String
    var superclass: String? = "Object"
    var isModule = false
    var instance: MethodTable = .empty
    var statics: MethodTable = .empty

    /// The names above and including this one.
    var ancestors: [String] {
        var names = [name]
        var next = superclass
        while let current = next {
            names.append(current)
            next = NativeClasses.all[current]?.superclass
        }
        return names
    }
}

/// A Ruby exception.
final class ExceptionObject: ObjectBox {
    let className: String
    var message: String
    /// Where it was raised.
    var span: SourceSpan?
    /// What it carries: the status of a failed command, say.
    var facts: CommandFailure?

    init(_ className: String, _ message: String, span: SourceSpan? = nil, userClass: ClassBox? = nil) {
        self.className = className
        self.message = message
        self.span = span
        super.init(userClass: userClass)
    }

    override var nativeClassName: String { className }
    override var nativeMethods: MethodTable { ExceptionMethods.table }
    override var displayText: String { message }
    override var nativeAncestors: [String] { NativeClasses.all[className]?.ancestors ?? [className, "StandardError"] }
}

/// The command behind an exception.
struct CommandFailure: Sendable {
    let arguments: [String]
    let status: Int
    let folder: String
}
