/*
 * What the master does with folders while the configuration is loaded: the
 * secret below sanzaru_state_path, files there that belong to an earlier user
 * of the workers, and a look at media folders with the rights of that user.
 *
 * The folder is the workers', so whatever lies in it may have been put there
 * by one that was taken over: no link is followed, nothing but a plain file is
 * read, and an owner is changed through a descriptor.
 */

#include "ngx_http_sanzaru_module.h"

#include <dirent.h>
#include <grp.h>
#include <sys/prctl.h>

#include <openssl/rand.h>
#include <openssl/sha.h>


#define NGX_HTTP_SANZARU_SECRET_TEXT  65    /* as of openssl rand -hex 32 */
#define NGX_HTTP_SANZARU_GROUPS       1024


/* Who the master is while it is not a worker's user. */

typedef struct {
    gid_t   group;
    gid_t   groups[NGX_HTTP_SANZARU_GROUPS];
    int     n_groups;
    int     dumpable;
} ngx_http_sanzaru_self_t;


static const char *const  ngx_http_sanzaru_state_folders[] = {
    "tasks", "owners"
};


/* NGX_DECLINED: there is none, or no right to it; errno says which. */

static ngx_int_t
ngx_http_sanzaru_state_read(ngx_http_sanzaru_main_conf_t *smcf,
    const char *name)
{
    int          fd;
    u_char       text[NGX_HTTP_SANZARU_SECRET_TEXT];
    ssize_t      n;
    struct stat  st;

    fd = open(name, O_RDONLY|O_NOFOLLOW|O_NONBLOCK|O_CLOEXEC);
    if (fd == -1) {
        return (errno == ELOOP) ? NGX_ERROR : NGX_DECLINED;
    }

    n = -1;

    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        n = read(fd, text, sizeof(text));
    }

    (void) close(fd);

    if (n != NGX_HTTP_SANZARU_SECRET_TEXT) {
        return NGX_ERROR;
    }

    SHA256(text, sizeof(text), smcf->secret);
    ngx_explicit_memzero(text, sizeof(text));

    return NGX_OK;
}


/* Whole or not at all, and never in the place of one that is there. */

static ngx_int_t
ngx_http_sanzaru_state_write(const char *name, const char *draft)
{
    int        fd;
    u_char     bytes[32], text[NGX_HTTP_SANZARU_SECRET_TEXT];
    ngx_int_t  rc;
    ngx_err_t  err;

    if (RAND_bytes(bytes, sizeof(bytes)) != 1) {
        errno = EIO;
        return NGX_ERROR;
    }

    *ngx_hex_dump(text, bytes, sizeof(bytes)) = '\n';
    ngx_explicit_memzero(bytes, sizeof(bytes));

    rc = NGX_ERROR;
    fd = open(draft, O_WRONLY|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC, 0600);

    if (fd != -1
        && write(fd, text, sizeof(text)) == (ssize_t) sizeof(text)
        && fsync(fd) == 0)
    {
        rc = NGX_OK;

        /* a file system may know no links */

        if (link(draft, name) == -1 && errno != EEXIST
            && rename(draft, name) == -1)
        {
            rc = NGX_ERROR;
        }
    }

    err = errno;

    ngx_explicit_memzero(text, sizeof(text));

    if (fd != -1) {
        (void) close(fd);
        (void) unlink(draft);
    }

    errno = err;

    return rc;
}


ngx_int_t
ngx_http_sanzaru_state_secret(ngx_conf_t *cf,
    ngx_http_sanzaru_main_conf_t *smcf)
{
    u_char      name[NGX_MAX_PATH], draft[NGX_MAX_PATH];
    ngx_int_t   rc;
    ngx_str_t  *path;

    path = &smcf->state_path->name;

    if (path->len + sizeof("/.secret.") + NGX_INT64_LEN > NGX_MAX_PATH) {
        return NGX_DECLINED;
    }

    ngx_sprintf(name, "%V/secret%Z", path);
    ngx_sprintf(draft, "%V/.secret.%P%Z", path, ngx_getpid());

    rc = ngx_http_sanzaru_state_read(smcf, (char *) name);

    if (rc == NGX_DECLINED && errno == ENOENT) {

        /* nginx makes the directory itself, but later */

        (void) mkdir((char *) path->data, 0700);

        if (ngx_http_sanzaru_state_write((char *) name, (char *) draft)
            == NGX_OK)
        {
            rc = ngx_http_sanzaru_state_read(smcf, (char *) name);
        }
    }

    if (rc == NGX_DECLINED) {
        ngx_log_error(NGX_LOG_WARN, cf->log, ngx_errno,
                      "sanzaru: no secret can be kept as \"%s\", so sessions "
                      "end when nginx is restarted; set sanzaru_secret_file",
                      name);
    }

    if (rc == NGX_ERROR) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "sanzaru: \"%s\" is not the secret that was made there; "
                      "remove it, and sessions begin anew", name);
    }

    return rc;
}


/* Files of a user that the workers had before. */

static void
ngx_http_sanzaru_state_take(ngx_cycle_t *cycle, int dir, uid_t user,
    const char *name)
{
    int          fd;
    struct stat  st;

    fd = openat(dir, name, O_RDONLY|O_NOFOLLOW|O_NONBLOCK|O_CLOEXEC);
    if (fd == -1) {
        return;
    }

    /* with a second name it may be a file of somebody else */

    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1
        && st.st_uid != user && fchown(fd, user, (gid_t) -1) == -1)
    {
        ngx_log_error(NGX_LOG_ERR, cycle->log, ngx_errno,
                      "sanzaru: fchown(\"%s\") failed", name);
    }

    (void) close(fd);
}


static void
ngx_http_sanzaru_state_folder(ngx_cycle_t *cycle, int root, uid_t user,
    const char *folder)
{
    int             fd;
    DIR            *dir;
    struct stat     st;
    struct dirent  *entry;

    fd = openat(root, folder, O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC);
    if (fd == -1) {
        return;
    }

    if (fstat(fd, &st) == -1 || st.st_uid == user) {
        (void) close(fd);
        return;
    }

    dir = fdopendir(fd);
    if (dir == NULL) {
        (void) close(fd);
        return;
    }

    while ((entry = readdir(dir)) != NULL) {
        ngx_http_sanzaru_state_take(cycle, fd, user, entry->d_name);
    }

    /* the last: an interrupted repair begins again */

    if (fchown(fd, user, (gid_t) -1) == -1) {
        ngx_log_error(NGX_LOG_ERR, cycle->log, ngx_errno,
                      "sanzaru: fchown(\"%s\") failed", folder);
    }

    (void) closedir(dir);
}


void
ngx_http_sanzaru_state_repair(ngx_cycle_t *cycle,
    ngx_http_sanzaru_main_conf_t *smcf)
{
    int               root;
    ngx_uint_t        i;
    ngx_core_conf_t  *ccf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    if (smcf->state_path == NULL || geteuid() != 0
        || ccf->user == (ngx_uid_t) NGX_CONF_UNSET_UINT)
    {
        return;
    }

    root = open((char *) smcf->state_path->name.data,
                O_RDONLY|O_DIRECTORY|O_CLOEXEC);
    if (root == -1) {
        return;
    }

    for (i = 0; i < sizeof(ngx_http_sanzaru_state_folders)
                    / sizeof(ngx_http_sanzaru_state_folders[0]); i++)
    {
        ngx_http_sanzaru_state_folder(cycle, root, ccf->user,
                                      ngx_http_sanzaru_state_folders[i]);
    }

    (void) close(root);
}


void
ngx_http_sanzaru_user(ngx_cycle_t *cycle, u_char *text, size_t size)
{
    ngx_core_conf_t  *ccf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    if (ccf->username != NULL) {
        ngx_snprintf(text, size, "user \"%s\"%Z", ccf->username);

    } else {
        ngx_snprintf(text, size, "user %ui%Z", (ngx_uint_t) geteuid());
    }

    text[size - 1] = '\0';
}


/* As a worker; only what looks at files is to be called until _leave(). */

static ngx_int_t
ngx_http_sanzaru_user_enter(ngx_core_conf_t *ccf,
    ngx_http_sanzaru_self_t *self)
{
    self->dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
    self->group = getegid();
    self->n_groups = getgroups(NGX_HTTP_SANZARU_GROUPS, self->groups);

    if (self->n_groups == -1) {
        return NGX_DECLINED;
    }

    if (initgroups(ccf->username, ccf->group) == -1) {
        return NGX_DECLINED;
    }

    if (setegid(ccf->group) == 0 && seteuid(ccf->user) == 0) {
        return NGX_OK;
    }

    if (setegid(self->group) == 0
        && setgroups((size_t) self->n_groups, self->groups) == 0)
    {
        return NGX_DECLINED;
    }

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_sanzaru_user_leave(ngx_http_sanzaru_self_t *self)
{
    if (seteuid(0) == -1 || setegid(self->group) == -1
        || setgroups((size_t) self->n_groups, self->groups) == -1)
    {
        return NGX_ERROR;
    }

    (void) prctl(PR_SET_DUMPABLE, self->dumpable, 0, 0, 0);

    return NGX_OK;
}


static void
ngx_http_sanzaru_paths_look(ngx_cycle_t *cycle,
    ngx_http_sanzaru_main_conf_t *smcf)
{
    u_char                    user[128];
    ngx_uint_t                i;
    ngx_http_sanzaru_path_t  *path;

    path = smcf->paths.elts;

    for (i = 0; i < smcf->paths.nelts; i++) {

        if (faccessat(AT_FDCWD, (char *) path[i].path.data, R_OK|W_OK|X_OK,
                      AT_EACCESS) == 0)
        {
            continue;
        }

        ngx_http_sanzaru_user(cycle, user, sizeof(user));

        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, ngx_errno,
                      "sanzaru: \"%V\" of \"%V\" in %V:%ui is not readable "
                      "and writable for the worker processes (%s)",
                      &path[i].path, &path[i].directive, &path[i].file,
                      path[i].line, user);
    }
}


ngx_int_t
ngx_http_sanzaru_paths_try(ngx_cycle_t *cycle,
    ngx_http_sanzaru_main_conf_t *smcf)
{
    ngx_int_t                 rc;
    ngx_core_conf_t          *ccf;
    ngx_http_sanzaru_self_t   self;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    if (geteuid() != 0 || ccf->username == NULL || ccf->user == 0) {
        ngx_http_sanzaru_paths_look(cycle, smcf);
        return NGX_OK;
    }

    rc = ngx_http_sanzaru_user_enter(ccf, &self);

    if (rc == NGX_OK) {
        ngx_http_sanzaru_paths_look(cycle, smcf);
        rc = ngx_http_sanzaru_user_leave(&self);
    }

    if (rc == NGX_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, ngx_errno,
                      "sanzaru: the master cannot be itself again");
    }

    return (rc == NGX_ERROR) ? NGX_ERROR : NGX_OK;
}
