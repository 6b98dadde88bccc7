// Made of ffi/shim.h by `make declarations`.

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_modules {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_module {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_server {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_worker {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_request {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_value {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_action {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_pattern {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_buffer {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_filter {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_waker {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_io {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_timer {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_job {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_scripts {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_call {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_copy {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_rust_shared {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_rust_worker {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_rust_request {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_rust_action {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_rust_context {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_rust_filter {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_rust_scripts {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_rust_end {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_bytes {
    pub ptr: *const u8,
    pub len: usize,
}
pub const MMC_LEVEL_DEBUG: mmc_level = 0;
pub const MMC_LEVEL_WARNING: mmc_level = 2;
pub const MMC_LEVEL_ERROR: mmc_level = 3;
pub type mmc_level = ::std::os::raw::c_uint;
pub const MMC_FLOW_GO_ON: mmc_flow = 0;
pub const MMC_FLOW_COME_BACK: mmc_flow = 1;
pub const MMC_FLOW_WAIT_FOR_EVENT: mmc_flow = 2;
pub const MMC_FLOW_ERROR: mmc_flow = 3;
pub type mmc_flow = ::std::os::raw::c_uint;
pub const MMC_VALUE_NONE: mmc_value_kind = 0;
pub const MMC_VALUE_BOOLEAN: mmc_value_kind = 1;
pub const MMC_VALUE_NUMBER: mmc_value_kind = 2;
pub const MMC_VALUE_STRING: mmc_value_kind = 3;
pub const MMC_VALUE_LIST: mmc_value_kind = 4;
pub const MMC_VALUE_ACTION: mmc_value_kind = 5;
pub const MMC_VALUE_CONDITION: mmc_value_kind = 6;
pub type mmc_value_kind = ::std::os::raw::c_uint;
pub const MMC_PROGRESS_NO_HANDLER: mmc_progress = 0;
pub const MMC_PROGRESS_PENDING: mmc_progress = 1;
pub const MMC_PROGRESS_READY: mmc_progress = 2;
pub type mmc_progress = ::std::os::raw::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_target {
    pub raw: mmc_bytes,
    pub original: mmc_bytes,
    pub current: mmc_bytes,
    pub path: mmc_bytes,
    pub secure: bool,
    pub port: i32,
}
pub const MMC_ADDRESS_MAX: _bindgen_ty_1 = 128;
pub type _bindgen_ty_1 = ::std::os::raw::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_action_def {
    pub name: *const ::std::os::raw::c_char,
    pub create: ::std::option::Option<
        unsafe extern "C" fn(arg1: *mut mmc_server, arg2: *mut mmc_value) -> *mut mmc_rust_action,
    >,
    pub run: ::std::option::Option<
        unsafe extern "C" fn(
            arg1: *mut mmc_request,
            arg2: *mut mmc_rust_action,
            arg3: *mut *mut mmc_rust_context,
        ) -> mmc_flow,
    >,
    pub cleanup: ::std::option::Option<
        unsafe extern "C" fn(
            arg1: *mut mmc_request,
            arg2: *mut mmc_rust_context,
            backend_failed: bool,
        ),
    >,
    pub destroy: ::std::option::Option<unsafe extern "C" fn(arg1: *mut mmc_rust_action)>,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_setup_def {
    pub name: *const ::std::os::raw::c_char,
    pub set_up: ::std::option::Option<
        unsafe extern "C" fn(arg1: *mut mmc_server, arg2: *mut mmc_value) -> bool,
    >,
}
pub const MMC_GET: mmc_command_kind = 0;
pub const MMC_GETS: mmc_command_kind = 1;
pub const MMC_SET: mmc_command_kind = 2;
pub const MMC_ADD: mmc_command_kind = 3;
pub const MMC_REPLACE: mmc_command_kind = 4;
pub const MMC_APPEND: mmc_command_kind = 5;
pub const MMC_PREPEND: mmc_command_kind = 6;
pub const MMC_CAS: mmc_command_kind = 7;
pub const MMC_DELETE: mmc_command_kind = 8;
pub const MMC_TOUCH: mmc_command_kind = 9;
pub const MMC_INCR: mmc_command_kind = 10;
pub const MMC_DECR: mmc_command_kind = 11;
pub const MMC_INVALIDATE: mmc_command_kind = 12;
pub const MMC_BUMP: mmc_command_kind = 13;
pub type mmc_command_kind = ::std::os::raw::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_command {
    pub kind: mmc_command_kind,
    pub servers: mmc_bytes,
    pub keys: *const mmc_bytes,
    pub key_count: usize,
    pub data: mmc_bytes,
    pub ttl_secs: u32,
    pub near_ms: u32,
    pub number: u64,
}
pub const MMC_CODE_OK: mmc_code = 1;
pub const MMC_CODE_NOT_STORED: mmc_code = 2;
pub const MMC_CODE_EXISTS: mmc_code = 3;
pub const MMC_CODE_NOT_FOUND: mmc_code = 4;
pub const MMC_CODE_ERROR: mmc_code = 5;
pub type mmc_code = ::std::os::raw::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_answer {
    pub call: *mut mmc_call,
    pub code: mmc_code,
    pub error: mmc_bytes,
    pub has_number: bool,
    pub number: u64,
    pub values: usize,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_answer_value {
    pub key: usize,
    pub error: mmc_bytes,
    pub flags: u32,
    pub has_cas: bool,
    pub cas: u64,
    pub data: mmc_bytes,
}
pub const MMC_NEXT_NONE: mmc_next = 0;
pub const MMC_NEXT_ANSWER: mmc_next = 1;
pub const MMC_NEXT_BROKEN: mmc_next = 2;
pub type mmc_next = ::std::os::raw::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_script_def {
    pub connect: ::std::option::Option<
        unsafe extern "C" fn(servers: mmc_bytes, error: *mut u8, room: usize) -> usize,
    >,
    pub start: ::std::option::Option<
        unsafe extern "C" fn(
            arg1: *mut mmc_scripts,
            arg2: *mut mmc_rust_worker,
        ) -> *mut mmc_rust_scripts,
    >,
    pub stop: ::std::option::Option<unsafe extern "C" fn(arg1: *mut mmc_rust_scripts)>,
    pub submit: ::std::option::Option<
        unsafe extern "C" fn(
            arg1: *mut mmc_rust_scripts,
            arg2: *const mmc_command,
            arg3: *mut mmc_call,
            error: *mut u8,
            room: usize,
        ) -> usize,
    >,
    pub next: ::std::option::Option<
        unsafe extern "C" fn(arg1: *mut mmc_rust_scripts, arg2: *mut mmc_answer) -> mmc_next,
    >,
    pub value: ::std::option::Option<
        unsafe extern "C" fn(
            arg1: *mut mmc_rust_scripts,
            at: usize,
            arg2: *mut mmc_answer_value,
        ) -> bool,
    >,
    pub locate: ::std::option::Option<
        unsafe extern "C" fn(
            arg1: *mut mmc_rust_scripts,
            servers: mmc_bytes,
            key: mmc_bytes,
            home: *mut mmc_bytes,
            stand_in: *mut mmc_bytes,
            error: *mut u8,
            room: usize,
        ) -> usize,
    >,
    pub failed: ::std::option::Option<
        unsafe extern "C" fn(arg1: *mut mmc_rust_scripts, what: mmc_bytes, error: mmc_bytes),
    >,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_plugin_def {
    pub name: *const ::std::os::raw::c_char,
    pub share:
        ::std::option::Option<unsafe extern "C" fn(arg1: *mut mmc_server) -> *mut mmc_rust_shared>,
    pub unshare: ::std::option::Option<unsafe extern "C" fn(arg1: *mut mmc_rust_shared)>,
    pub start_worker: ::std::option::Option<
        unsafe extern "C" fn(
            arg1: *mut mmc_rust_shared,
            arg2: *mut mmc_worker,
        ) -> *mut mmc_rust_worker,
    >,
    pub stop_worker: ::std::option::Option<unsafe extern "C" fn(arg1: *mut mmc_rust_worker)>,
    pub request_closed: ::std::option::Option<
        unsafe extern "C" fn(arg1: *mut mmc_rust_worker, arg2: *mut mmc_rust_request),
    >,
    pub actions: *const mmc_action_def,
    pub action_count: usize,
    pub setups: *const mmc_setup_def,
    pub setup_count: usize,
    pub scripts: *const mmc_script_def,
}
unsafe extern "C" {
    pub fn mmc_init(
        arg1: *mut mmc_modules,
        arg2: *mut mmc_module,
        arg3: *const mmc_plugin_def,
    ) -> bool;
}
unsafe extern "C" {
    pub fn mmc_free(arg1: *mut mmc_modules, arg2: *mut mmc_module) -> bool;
}
unsafe extern "C" {
    pub fn mmc_server_log(arg1: *mut mmc_server, arg2: mmc_level, text: mmc_bytes);
}
unsafe extern "C" {
    pub fn mmc_worker_log(arg1: *mut mmc_worker, arg2: mmc_level, text: mmc_bytes);
}
unsafe extern "C" {
    pub fn mmc_value_kind_of(arg1: *const mmc_value) -> mmc_value_kind;
}
unsafe extern "C" {
    pub fn mmc_value_number(arg1: *const mmc_value) -> i64;
}
unsafe extern "C" {
    pub fn mmc_value_string(arg1: *const mmc_value) -> mmc_bytes;
}
unsafe extern "C" {
    pub fn mmc_value_list_len(arg1: *const mmc_value) -> usize;
}
unsafe extern "C" {
    pub fn mmc_value_list_at(arg1: *const mmc_value, arg2: usize) -> *mut mmc_value;
}
unsafe extern "C" {
    pub fn mmc_action_new(
        arg1: *const mmc_action_def,
        arg2: *mut mmc_rust_action,
    ) -> *mut mmc_action;
}
unsafe extern "C" {
    pub fn mmc_value_action(
        arg1: *const mmc_value,
        server: *mut *mut mmc_server,
    ) -> *mut mmc_action;
}
unsafe extern "C" {
    pub fn mmc_action_acquire(arg1: *mut mmc_action);
}
unsafe extern "C" {
    pub fn mmc_action_release(arg1: *mut mmc_server, arg2: *mut mmc_action);
}
unsafe extern "C" {
    pub fn mmc_pattern_new(
        arg1: *mut mmc_server,
        arg2: *const ::std::os::raw::c_char,
    ) -> *mut mmc_pattern;
}
unsafe extern "C" {
    pub fn mmc_pattern_free(arg1: *mut mmc_pattern);
}
unsafe extern "C" {
    pub fn mmc_request_worker(arg1: *mut mmc_request) -> *mut mmc_rust_worker;
}
unsafe extern "C" {
    pub fn mmc_request_slot(arg1: *mut mmc_request) -> *mut *mut mmc_rust_request;
}
unsafe extern "C" {
    pub fn mmc_pattern_eval(arg1: *mut mmc_pattern, arg2: *mut mmc_request) -> mmc_bytes;
}
unsafe extern "C" {
    pub fn mmc_request_method(arg1: *mut mmc_request) -> mmc_bytes;
}
unsafe extern "C" {
    pub fn mmc_request_target(arg1: *mut mmc_request) -> mmc_target;
}
unsafe extern "C" {
    pub fn mmc_request_is_handled(arg1: *mut mmc_request) -> bool;
}
unsafe extern "C" {
    pub fn mmc_request_progress(arg1: *mut mmc_request) -> mmc_progress;
}
unsafe extern "C" {
    pub fn mmc_request_status(arg1: *mut mmc_request) -> i32;
}
unsafe extern "C" {
    pub fn mmc_request_type_of_path(arg1: *mut mmc_request) -> mmc_bytes;
}
unsafe extern "C" {
    pub fn mmc_request_headers(
        arg1: *mut mmc_request,
        response: bool,
    ) -> *mut ::std::os::raw::c_void;
}
unsafe extern "C" {
    pub fn mmc_header_at(
        place: *mut ::std::os::raw::c_void,
        name: *mut mmc_bytes,
        value: *mut mmc_bytes,
    ) -> *mut ::std::os::raw::c_void;
}
unsafe extern "C" {
    pub fn mmc_request_log(arg1: *mut mmc_request, arg2: mmc_level, text: mmc_bytes);
}
unsafe extern "C" {
    pub fn mmc_request_debug(arg1: *mut mmc_request) -> bool;
}
unsafe extern "C" {
    pub fn mmc_request_waker(arg1: *mut mmc_request) -> *mut mmc_waker;
}
unsafe extern "C" {
    pub fn mmc_waker_wake(arg1: *mut mmc_waker);
}
unsafe extern "C" {
    pub fn mmc_waker_acquire(arg1: *mut mmc_waker);
}
unsafe extern "C" {
    pub fn mmc_waker_release(arg1: *mut mmc_waker);
}
unsafe extern "C" {
    pub fn mmc_request_handle_direct(arg1: *mut mmc_request) -> bool;
}
unsafe extern "C" {
    pub fn mmc_request_set_status(arg1: *mut mmc_request, arg2: i32);
}
unsafe extern "C" {
    pub fn mmc_request_set_content_type(arg1: *mut mmc_request, otherwise: mmc_bytes);
}
unsafe extern "C" {
    pub fn mmc_request_set_response_header(
        arg1: *mut mmc_request,
        name: mmc_bytes,
        value: mmc_bytes,
    );
}
unsafe extern "C" {
    pub fn mmc_request_add_response_header(
        arg1: *mut mmc_request,
        name: mmc_bytes,
        value: mmc_bytes,
    );
}
unsafe extern "C" {
    pub fn mmc_request_remove_response_header(arg1: *mut mmc_request, name: mmc_bytes);
}
unsafe extern "C" {
    pub fn mmc_request_add_request_header(
        arg1: *mut mmc_request,
        name: mmc_bytes,
        value: mmc_bytes,
    );
}
unsafe extern "C" {
    pub fn mmc_request_remove_request_header(arg1: *mut mmc_request, name: mmc_bytes);
}
unsafe extern "C" {
    pub fn mmc_request_set_environment(arg1: *mut mmc_request, name: mmc_bytes, value: mmc_bytes);
}
unsafe extern "C" {
    pub fn mmc_request_change_environment(
        arg1: *mut mmc_request,
        name: mmc_bytes,
        value: mmc_bytes,
    );
}
unsafe extern "C" {
    pub fn mmc_request_append_body(
        arg1: *mut mmc_request,
        arg2: *mut mmc_buffer,
        offset: usize,
        len: usize,
    ) -> bool;
}
unsafe extern "C" {
    pub fn mmc_request_enter(arg1: *mut mmc_request, arg2: *mut mmc_action);
}
unsafe extern "C" {
    pub fn mmc_request_has_failed(arg1: *mut mmc_request) -> bool;
}
unsafe extern "C" {
    pub fn mmc_request_has_captures(arg1: *mut mmc_request) -> bool;
}
unsafe extern "C" {
    pub fn mmc_request_is_copy(arg1: *mut mmc_request) -> bool;
}
pub type mmc_copy_ended =
    ::std::option::Option<unsafe extern "C" fn(arg1: *mut mmc_rust_end, status: i32, whole: bool)>;
unsafe extern "C" {
    pub fn mmc_copy_new(arg1: *mut mmc_request) -> *mut mmc_copy;
}
unsafe extern "C" {
    pub fn mmc_copy_request(arg1: *mut mmc_copy) -> *mut mmc_request;
}
unsafe extern "C" {
    pub fn mmc_copy_start(
        arg1: *mut mmc_copy,
        arg2: *mut mmc_action,
        secs: f64,
        arg3: mmc_copy_ended,
        arg4: *mut mmc_rust_end,
    );
}
unsafe extern "C" {
    pub fn mmc_copy_cancel(arg1: *mut mmc_copy);
}
unsafe extern "C" {
    pub fn mmc_copy_free(arg1: *mut mmc_copy);
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mmc_filter_def {
    pub handle: ::std::option::Option<
        unsafe extern "C" fn(
            arg1: *mut mmc_request,
            arg2: *mut mmc_filter,
            arg3: *mut mmc_rust_filter,
        ) -> mmc_flow,
    >,
    pub output_gone: ::std::option::Option<
        unsafe extern "C" fn(arg1: *mut mmc_request, arg2: *mut mmc_rust_filter),
    >,
    pub destroy: ::std::option::Option<unsafe extern "C" fn(arg1: *mut mmc_rust_filter)>,
}
unsafe extern "C" {
    pub fn mmc_request_add_filter_out(
        arg1: *mut mmc_request,
        arg2: *const mmc_filter_def,
        arg3: *mut mmc_rust_filter,
    ) -> bool;
}
unsafe extern "C" {
    pub fn mmc_filter_has_input(arg1: *const mmc_filter) -> bool;
}
unsafe extern "C" {
    pub fn mmc_filter_input_closed(arg1: *const mmc_filter) -> bool;
}
unsafe extern "C" {
    pub fn mmc_filter_input_len(arg1: *const mmc_filter) -> u64;
}
unsafe extern "C" {
    pub fn mmc_filter_output_closed(arg1: *const mmc_filter) -> bool;
}
unsafe extern "C" {
    pub fn mmc_filter_forward_all(arg1: *mut mmc_filter);
}
unsafe extern "C" {
    pub fn mmc_filter_discard_all(arg1: *mut mmc_filter);
}
unsafe extern "C" {
    pub fn mmc_filter_close_output(arg1: *mut mmc_filter);
}
unsafe extern "C" {
    pub fn mmc_filter_read(
        arg1: *mut mmc_filter,
        cursor: *mut *mut ::std::os::raw::c_void,
        offset: *mut u64,
        arg2: *mut mmc_bytes,
    ) -> bool;
}
unsafe extern "C" {
    pub fn mmc_buffer_new(arg1: usize) -> *mut mmc_buffer;
}
unsafe extern "C" {
    pub fn mmc_buffer_acquire(arg1: *mut mmc_buffer);
}
unsafe extern "C" {
    pub fn mmc_buffer_release(arg1: *mut mmc_buffer);
}
unsafe extern "C" {
    pub fn mmc_buffer_is_unique(arg1: *mut mmc_buffer) -> bool;
}
unsafe extern "C" {
    pub fn mmc_buffer_start(arg1: *const mmc_buffer) -> *mut u8;
}
unsafe extern "C" {
    pub fn mmc_buffer_capacity(arg1: *const mmc_buffer) -> usize;
}
unsafe extern "C" {
    pub fn mmc_buffer_used(arg1: *const mmc_buffer) -> usize;
}
unsafe extern "C" {
    pub fn mmc_buffer_set_used(arg1: *mut mmc_buffer, arg2: usize);
}
unsafe extern "C" {
    pub fn mmc_sockaddr_parse(
        text: mmc_bytes,
        default_port: u16,
        out: *mut u8,
        room: usize,
    ) -> usize;
}
unsafe extern "C" {
    pub fn mmc_sockaddr_show(addr: mmc_bytes, out: *mut u8, room: usize) -> usize;
}
unsafe extern "C" {
    pub fn mmc_io_new(
        arg1: *mut mmc_worker,
        fd: ::std::os::raw::c_int,
        ready: ::std::option::Option<
            unsafe extern "C" fn(arg1: *mut ::std::os::raw::c_void, readable: bool, writable: bool),
        >,
        data: *mut ::std::os::raw::c_void,
    ) -> *mut mmc_io;
}
unsafe extern "C" {
    pub fn mmc_io_set(arg1: *mut mmc_io, read: bool, write: bool);
}
unsafe extern "C" {
    pub fn mmc_io_free(arg1: *mut mmc_io);
}
unsafe extern "C" {
    pub fn mmc_timer_new(
        arg1: *mut mmc_worker,
        fired: ::std::option::Option<unsafe extern "C" fn(arg1: *mut ::std::os::raw::c_void)>,
        data: *mut ::std::os::raw::c_void,
    ) -> *mut mmc_timer;
}
unsafe extern "C" {
    pub fn mmc_timer_arm(arg1: *mut mmc_timer, secs: f64);
}
unsafe extern "C" {
    pub fn mmc_timer_disarm(arg1: *mut mmc_timer);
}
unsafe extern "C" {
    pub fn mmc_timer_free(arg1: *mut mmc_timer);
}
unsafe extern "C" {
    pub fn mmc_job_new(
        arg1: *mut mmc_worker,
        run: ::std::option::Option<unsafe extern "C" fn(arg1: *mut ::std::os::raw::c_void)>,
        data: *mut ::std::os::raw::c_void,
        last: bool,
    ) -> *mut mmc_job;
}
unsafe extern "C" {
    pub fn mmc_job_later(arg1: *mut mmc_job);
}
unsafe extern "C" {
    pub fn mmc_job_free(arg1: *mut mmc_job);
}
unsafe extern "C" {
    pub fn mmc_scripts_ring(arg1: *mut mmc_scripts);
}
