// MPI's constants are cast macros, which Swift does not import: one function for each that we use.
//
// A handle is a pointer in Open MPI and an int in MPICH, and Swift imports the one as an optional and the other not. So each kind of
// handle stands in a struct here, and no line of Swift knows which it is. Only names of the MPI 3.1 standard are used.
#pragma once
#include <mpi.h>

typedef struct { MPI_Comm handle; } lockstep_mpi_comm;
typedef struct { MPI_Datatype handle; } lockstep_mpi_datatype;
typedef struct { MPI_Op handle; } lockstep_mpi_op;
typedef struct { MPI_Request handle; } lockstep_mpi_request;
typedef struct { MPI_Win handle; } lockstep_mpi_win;

// Communicators
static inline lockstep_mpi_comm lockstep_mpi_comm_world(void) { return (lockstep_mpi_comm){MPI_COMM_WORLD}; }
static inline lockstep_mpi_comm lockstep_mpi_comm_null(void) { return (lockstep_mpi_comm){MPI_COMM_NULL}; }
static inline int lockstep_mpi_comm_type_shared(void) { return MPI_COMM_TYPE_SHARED; }
static inline MPI_Info lockstep_mpi_info_null(void) { return MPI_INFO_NULL; }
static inline MPI_Errhandler lockstep_mpi_errors_return(void) { return MPI_ERRORS_RETURN; }

// Datatypes
static inline lockstep_mpi_datatype lockstep_mpi_float(void) { return (lockstep_mpi_datatype){MPI_FLOAT}; }
static inline lockstep_mpi_datatype lockstep_mpi_double(void) { return (lockstep_mpi_datatype){MPI_DOUBLE}; }
static inline lockstep_mpi_datatype lockstep_mpi_int32(void) { return (lockstep_mpi_datatype){MPI_INT32_T}; }
static inline lockstep_mpi_datatype lockstep_mpi_int64(void) { return (lockstep_mpi_datatype){MPI_INT64_T}; }
static inline lockstep_mpi_datatype lockstep_mpi_uint64(void) { return (lockstep_mpi_datatype){MPI_UINT64_T}; }
static inline lockstep_mpi_datatype lockstep_mpi_uint8(void) { return (lockstep_mpi_datatype){MPI_UINT8_T}; }

// Operations
static inline lockstep_mpi_op lockstep_mpi_sum(void) { return (lockstep_mpi_op){MPI_SUM}; }
static inline lockstep_mpi_op lockstep_mpi_min(void) { return (lockstep_mpi_op){MPI_MIN}; }
static inline lockstep_mpi_op lockstep_mpi_max(void) { return (lockstep_mpi_op){MPI_MAX}; }

// Requests and messages
static inline lockstep_mpi_request lockstep_mpi_request_null(void) { return (lockstep_mpi_request){MPI_REQUEST_NULL}; }
static inline MPI_Status *lockstep_mpi_status_ignore(void) { return MPI_STATUS_IGNORE; }
static inline void *lockstep_mpi_in_place(void) { return MPI_IN_PLACE; }

// Windows
static inline lockstep_mpi_win lockstep_mpi_win_null(void) { return (lockstep_mpi_win){MPI_WIN_NULL}; }
static inline int lockstep_mpi_mode_nocheck(void) { return MPI_MODE_NOCHECK; }

// Thread levels, codes and sizes
static inline int lockstep_mpi_thread_single(void) { return MPI_THREAD_SINGLE; }
static inline int lockstep_mpi_thread_funneled(void) { return MPI_THREAD_FUNNELED; }
static inline int lockstep_mpi_thread_serialized(void) { return MPI_THREAD_SERIALIZED; }
static inline int lockstep_mpi_thread_multiple(void) { return MPI_THREAD_MULTIPLE; }
static inline int lockstep_mpi_success(void) { return MPI_SUCCESS; }
static inline int lockstep_mpi_max_error_string(void) { return MPI_MAX_ERROR_STRING; }
static inline int lockstep_mpi_max_processor_name(void) { return MPI_MAX_PROCESSOR_NAME; }
static inline int lockstep_mpi_max_library_version_string(void) { return MPI_MAX_LIBRARY_VERSION_STRING; }
