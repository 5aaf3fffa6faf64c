package io.matriarch.model.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.Json;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Contract environment.md, the two tables. */
class EnvironmentConfigTest {

    @ParameterizedTest(name = "{0}={1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "NAME|pg0|{'name':'pg0'}",
                "NAMESPACE|/service/|{'namespace':'/service/'}",
                "SCOPE|batman|{'scope':'batman'}",
                "THREAD_POOL_SIZE|7|{'thread_pool_size':'7'}",
                "THREAD_STACK_SIZE|512kB|{'thread_stack_size':'512kB'}",
                "LOG_TYPE|json|{'log':{'type':'json'}}",
                "LOG_LEVEL|DEBUG|{'log':{'level':'DEBUG'}}",
                "LOGLEVEL|DEBUG|{'log':{'level':'DEBUG'}}",
                "LOG_FORMAT|%(message)s|{'log':{'format':'%(message)s'}}",
                "LOGFORMAT|%(message)s|{'log':{'format':'%(message)s'}}",
                "LOG_FORMAT|'asctime, {levelname: level}'|{'log':{'format':['asctime',{'levelname':'level'}]}}",
                "LOG_DATEFMT|%H:%M|{'log':{'dateformat':'%H:%M'}}",
                "LOG_MODE|0640|{'log':{'mode':416}}",
                "LOG_FILE_SIZE|1000|{'log':{'file_size':1000}}",
                "LOG_FILE_NUM|many|{}",
                "LOG_STATIC_FIELDS|'app: patroni'|{'log':{'static_fields':{'app':'patroni'}}}",
                "LOG_LOGGERS|'{patroni.ha: DEBUG}'|{'log':{'loggers':{'patroni.ha':'DEBUG'}}}",
                "LOG_DEDUPLICATE_HEARTBEAT_LOGS|on|{'log':{'deduplicate_heartbeat_logs':true}}",
                "LOG_DEDUPLICATE_HEARTBEAT_LOGS|perhaps|{}",
                "RESTAPI_LISTEN|0.0.0.0:8008|{'restapi':{'listen':'0.0.0.0:8008'}}",
                "RESTAPI_KEYFILE_PASSWORD|k|{'restapi':{'keyfile_password':'k'}}",
                "RESTAPI_HTTP_EXTRA_HEADERS|'X-A: b'|{'restapi':{'http_extra_headers':{'X-A':'b'}}}",
                "RESTAPI_ALLOWLIST|'10.0.0.0/8, host'|{'restapi':{'allowlist':['10.0.0.0/8','host']}}",
                "RESTAPI_ALLOWLIST|- a|{'restapi':{'allowlist':['a']}}",
                "RESTAPI_REQUEST_QUEUE_SIZE|9|{'restapi':{'request_queue_size':9}}",
                "RESTAPI_USERNAME|u|{'restapi':{'authentication':{'username':'u'}}}",
                "CTL_INSECURE|yes|{'ctl':{'insecure':true}}",
                "CTL_CACERT|/ca|{'ctl':{'cacert':'/ca'}}",
                "CTL_PASSWORD|p|{'ctl':{'authentication':{'password':'p'}}}",
                "POSTGRESQL_DATA_DIR|/data|{'postgresql':{'data_dir':'/data'}}",
                "POSTGRESQL_BIN_PG_CTL|ctl|{'postgresql':{'bin_name':{'pg_ctl':'ctl'}}}",
                "SUPERUSER_PASSWORD|0042|{'postgresql':{'authentication':{'superuser':{'password':'0042'}}}}",
                "REWIND_SSLNEGOTIATION|direct|{'postgresql':{'authentication':{'rewind':{'sslnegotiation':'direct'}}}}",
                "RAFT_PARTNER_ADDRS|'''a:1'',''b:2'''|{'raft':{'partner_addrs':['a:1','b:2']}}",
                "RAFT_MIN_TIMEOUT|0.5|{'raft':{'min_timeout':0.5}}",
                "CITUS_GROUP|0|{'citus':{'group':0}}",
                "CITUS_DATABASE|c|{'citus':{'database':'c'}}",
                "CITUS_HOST|x|{}",
                "ETCD3_HOST|localhost:2379|{'etcd3':{'host':'localhost:2379'}}",
                "ETCD3_HOSTS|'''h1:2379'',''h2:2379'''|{'etcd3':{'hosts':['h1:2379','h2:2379']}}",
                "ETCD3_PORT|2379|{'etcd3':{'port':2379}}",
                "ETCD3_USERNAME|u|{}",
                "ETCD_USE_PROXIES|true|{'etcd':{'use_proxies':true}}",
                "CONSUL_HOST|''|{'consul':{'host':''}}",
                "CONSUL_SCHEME|https|{'consul':{'scheme':'https'}}",
                "CONSUL_REGISTER_SERVICE|''|{}",
                "ZOOKEEPER_SET_ACLS|''|{'zookeeper':{'set_acls':{}}}",
                "ZOOKEEPER_HOSTS|''|{'zookeeper':{'hosts':''}}",
                "KUBERNETES_LABELS|'{application: patroni}'|{'kubernetes':{'labels':{'application':'patroni'}}}",
                "KUBERNETES_CACERT|/ca|{'kubernetes':{'cacert':'/ca'}}",
                "KUBERNETES_RETRIABLE_HTTP_CODES|500|{'kubernetes':{'retriable_http_codes':[500]}}",
                "RETRIABLE_HTTP_CODES|500|{'kubernetes':{'retriable_http_codes':[500]}}",
                "NAME|''|{}",
                "UNHEARD_OF|x|{}",
            })
    void a_variable_becomes(String variable, String value, String expected) {
        var read = EnvironmentConfig.read(Map.of("PATRONI_" + variable, value));

        assertEquals(expected.replace('\'', '"'), Json.compact(read.patch()));
        assertEquals(List.of(), read.notices());
    }

    @Test
    void credentials_of_etcd_need_the_section() {
        var read = EnvironmentConfig.read(Map.of("PATRONI_ETCD3_HOST", "h", "PATRONI_ETCD3_PASSWORD", "p"));

        assertEquals("{\"etcd3\":{\"host\":\"h\",\"password\":\"p\"}}", Json.compact(read.patch()));
    }

    @Test
    void the_new_name_of_a_variable_goes_before_the_old_one() {
        var read = EnvironmentConfig.read(Map.of("PATRONI_LOGLEVEL", "DEBUG", "PATRONI_LOG_LEVEL", "ERROR"));

        assertEquals("{\"log\":{\"level\":\"ERROR\"}}", Json.compact(read.patch()));
    }

    @Test
    void understood_variables_are_kept_from_children_and_others_are_not() {
        var read = EnvironmentConfig.read(Map.of(
                "PATRONI_NAME", "n",
                "PATRONI_SUPERUSER_PASSWORD", "",
                "PATRONI_CONFIGURATION", "scope: x",
                "PATRONI_FANCY", "y",
                "PATH", "/bin"));

        assertEquals(Set.of("PATRONI_NAME", "PATRONI_SUPERUSER_PASSWORD"), read.consumed());
    }

    @Test
    void a_value_that_is_no_yaml_is_reported_and_ignored() {
        var read = EnvironmentConfig.read(Map.of("PATRONI_ETCD3_HOSTS", "'a", "PATRONI_LOG_LOGGERS", "{a"));

        assertEquals("{}", Json.compact(read.patch()));
        assertEquals(2, read.notices().size());
        assertTrue(read.notices().stream().anyMatch(n -> n.text().startsWith("Exception when parsing list ['a]")));
        assertTrue(read.notices().stream().anyMatch(n -> n.text().startsWith("Exception when parsing dict {a")));
    }
}
